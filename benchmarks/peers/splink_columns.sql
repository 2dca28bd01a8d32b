-- What Splink is given: both sides in the same columns, derived by DuckDB.
create macro plain(said) as upper(strip_accents(said));
create macro compact(said) as regexp_replace(plain(said), '[^A-Z0-9]', '', 'g');
create macro unpadded(digits) as ltrim(digits, '0');
create macro runs(said) as regexp_extract_all(said, '[0-9]+');
-- The words of a name in one order, without legal forms.
create macro name_of(said) as list_aggregate(
    list_sort(list_filter(
        regexp_extract_all(regexp_replace(plain(said), '[.'']', '', 'g'), '[A-Z0-9]+'),
        lambda word: word not in (
            'GMBH', 'AG', 'KG', 'CO', 'BV', 'NV', 'LTD', 'LIMITED', 'INC', 'LLC', 'PLC',
            'OY', 'AB', 'APS', 'AS', 'SA', 'SARL', 'SRL', 'UG', 'EK', 'EU', 'OHG', 'GBR',
            'SE', 'AND', 'UND', 'CORP', 'KK', 'LLP', 'VOF', 'HB', 'KY'
        )
    )), 'string_agg', ' ');
create macro known(keys) as list_distinct(list_filter(
    keys, lambda key: key is not null and length(key) > 2
));
create macro names_of(said) as list_distinct(list_filter(
    list_transform(said, lambda name: name_of(name)), lambda name: length(name) > 0
));
create macro starts(names) as list_distinct(list_transform(
    names, lambda name: name[1:4]
));

create table invoices as
with said as (
    select *, runs(number) as parts from invoice_records
    where coalesce(status, 'open') = 'open' and outstanding > 0
), keyed as (
    select
        id as unique_id,
        (outstanding * 1000)::bigint as amount,
        currency,
        due_date as day,
        known([
            compact(id), compact(number), unpadded(array_to_string(parts, '')),
            unpadded(parts[-1]), compact(creditor_reference),
            compact(map_extract_value("references", 'purchase_order'))
        ]) as refs,
        names_of([customer.company, customer.name]) as names,
        coalesce(customer.ibans[1], customer.accounts[1]) as account,
        compact(number) as number,
        unpadded(parts[-1]) as serial
    from said
)
select *, starts(names) as starts, names[1] as name, names[-1] as other_name
from keyed;

create table transactions as
with said as (
    select *, plain(concat_ws(
        ' ', remittance, creditor_reference, nullif(end_to_end_id, 'NOTPROVIDED'),
        array_to_string(map_values(metadata), ' ')
    )) as words
    from transaction_records
    where coalesce(status, 'booked') = 'booked' and amount > 0
), cut as (
    select *,
        regexp_extract_all(words, '[A-Z0-9]+') as tokens,
        regexp_extract_all(words, '[^ ,;+&]+') as chunks,
        runs(words) as parts
    from said
), keyed as (
    select
        id as unique_id,
        ((amount + coalesce(fee, 0)) * 1000)::bigint as amount,
        currency,
        booking_date as day,
        known(flatten([
            [compact(words)],
            list_filter(tokens, lambda token: regexp_matches(token, '[0-9]')),
            list_transform(
                list_filter(chunks, lambda chunk: regexp_matches(chunk, '[0-9]')),
                lambda chunk: compact(chunk)
            ),
            list_transform(parts, lambda part: unpadded(part)),
            -- Two runs and three that follow each other: 2026 000123.
            list_transform(
                range(1, len(parts)),
                lambda place: unpadded(parts[place] || parts[place + 1])
            ),
            list_transform(
                range(1, len(parts) - 1),
                lambda place: unpadded(
                    parts[place] || parts[place + 1] || parts[place + 2]
                )
            )
        ])) as refs,
        names_of([counterparty.name]) as names,
        coalesce(counterparty.iban, counterparty.account) as account,
        compact(words) as number,
        unpadded(list_max(
            list_transform(parts, lambda part: {size: length(part), part: part})
        ).part) as serial
    from cut
)
select *, starts(names) as starts, names[1] as name, names[-1] as other_name
from keyed;
