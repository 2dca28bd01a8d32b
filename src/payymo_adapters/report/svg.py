"""Elements as text, and the frame that turns figures into places on a drawing."""

from collections.abc import Iterable
from html import escape

from attrs import frozen

Place = tuple[float, float]
"""Pixels from the left and from the top."""


def tag(name: str, *children: str, **attributes: str | float) -> str:
    """Write an element.

    Args:
        name: Of the element.
        children: Markup; a text has to be escaped, as ``text`` does.
        attributes: Values, escaped here; ``_`` in a name stands for ``-``, and is left
            out at its end. Numbers are written to a tenth of a pixel.

    >>> tag("text", text("a < b"), x=1.25, class_="tick")
    '<text x="1.2" class="tick">a &lt; b</text>'
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
    )
    return f"<{name}{written}>{''.join(children)}</{name}>"


def text(content: str) -> str:
    """Make markup of a text that may hold anything."""
    return escape(content)


def _value(value: str | float) -> str:
    return (
        escape(value) if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
    )


@frozen(kw_only=True)
class Frame:
    """A field to draw in.

    Attributes:
        left: Pixels from the drawing's left edge to its own.
        top: Pixels from the drawing's top edge to its own.
        width: Pixels.
        height: Pixels.
        x_range: Values at its left and its right edge.
        y_range: Values at its bottom and its top edge.
    """

    left: float
    top: float
    width: float
    height: float
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    @property
    def bottom(self) -> float:
        """Pixels from the drawing's top edge to the bottom of the field."""
        return self.top + self.height

    @property
    def right(self) -> float:
        """Pixels from the drawing's left edge to the right of the field."""
        return self.left + self.width

    def at(self, x: float, y: float) -> Place:
        """Find the place of a value; one outside stands on the edge."""
        across = _share(x, self.x_range) * self.width
        up = _share(y, self.y_range) * self.height
        return self.left + across, self.bottom - up

    def line(self, values: Iterable[Place], class_: str) -> str:
        """Join values by straight lines."""
        places = (self.at(*value) for value in values)
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        return tag("polyline", points=points, class_=class_)

    def rows(self, ticks: Iterable[tuple[float, str]]) -> str:
        """Draw lines across at values of y, and write what they stand for."""
        drawn = ""
        for value, name in ticks:
            _, y = self.at(self.x_range[0], value)
            drawn += tag("line", x1=self.left, x2=self.right, y1=y, y2=y, class_="grid")
            drawn += tag("text", text(name), x=self.left - 8, y=y + 4, class_="y tick")
        return drawn

    def columns(self, ticks: Iterable[tuple[float, str]]) -> str:
        """Draw lines up at values of x, and write below what they stand for."""
        drawn = ""
        for value, name in ticks:
            x, _ = self.at(value, self.y_range[0])
            drawn += tag("line", x1=x, x2=x, y1=self.top, y2=self.bottom, class_="grid")
            drawn += tag("text", text(name), x=x, y=self.bottom + 18, class_="x tick")
        return drawn

    def below(self, name: str, distance: float) -> str:
        """Name the axis of x."""
        middle = self.left + self.width / 2
        return tag(
            "text", text(name), x=middle, y=self.bottom + distance, class_="x name"
        )

    def beside(self, name: str, distance: float) -> str:
        """Name the axis of y, upwards."""
        x, y = self.left - distance, self.top + self.height / 2
        turned = f"translate({x:.1f} {y:.1f}) rotate(-90)"
        return tag("text", text(name), transform=turned, class_="x name")


def _share(value: float, ends: tuple[float, float]) -> float:
    """How far a value has come from the one end to the other, in [0, 1]."""
    low, high = ends
    return min(max((value - low) / (high - low), 0.0), 1.0)


def drawing(
    name: str, size: tuple[float, float], title: str, description: str, content: str
) -> str:
    """Put a drawing together, with what a screen reader says of it.

    Args:
        name: Unique in the page.
        size: Width and height, pixels; a page may show it larger or smaller.
        title: What it is.
        description: What it shows, in sentences.
        content: Markup.
    """
    return tag(
        "svg",
        tag("title", text(title), id=f"{name}-title"),
        tag("desc", text(description), id=f"{name}-text"),
        content,
        id=name,
        viewBox=f"0 0 {size[0]:g} {size[1]:g}",
        role="img",
        aria_labelledby=f"{name}-title",
        aria_describedby=f"{name}-text",
    )
