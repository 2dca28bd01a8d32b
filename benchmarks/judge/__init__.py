"""A judge that knows how worlds are made, and sees only what the engine sees.

For every transaction it weighs, with the generator's own probabilities, all that may
have brought it about: each customer's payments of one invoice, of several, of a part,
with or without a slip of the pen, carried by each bank, under each form of the name;
payments made twice, of closed invoices, and money of another sort. What a customer has
in common with itself (its bank, habit, name, account, lateness) and that an invoice is
paid once are summed over, so that one payment tells of another. What the judge cannot
tell is not in the records.

It is a bound from above, about. Where it is not exact, it leans to being sure:

- Numbers of strays and of unpaid invoices are expectations, each drawn by itself.
- Suspects are the customers of the account, the name, the customer number and any
  number at most one edit away. Where the payer shown may be a stranger, or is not
  shown: also all who owe the amount, or a bank's fee more, and sets of invoices that
  nobody else pays for sure. Parts and round sums from nameless payers are not sought.
- Of who owes more than twelve invoices, sets are any three, runs by due date that leave
  out two, and, among what is undecided, five.
- A slip counts only where the text cannot be read without one.
- Joint payments are taken in the order of their oldest invoice, and what was paid out
  of turn before at its rate.
- Messages between customers run in eight rounds: exact where disputes form no circle.

Two things are left out, since they tell of the generator and not of payments: whether
there is a value date, and random digits in end-to-end ids and bank references.
"""
