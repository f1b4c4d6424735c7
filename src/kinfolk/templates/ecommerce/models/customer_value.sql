-- What each customer has bought and kept; what was sent back (devolvida) counts as an order and brings nothing.
with bought as (
    select
        customer_id,
        count(*) as orders,
        count(*) filter (where status = 'devolvida') as returns,
        coalesce(sum(amount) filter (where status is distinct from 'devolvida'), 0) as revenue,
        max(ordered_at) as last_order_at
    from profiles.orders
    where customer_id is not null
    group by customer_id
)
select
    customers.customer_id,
    customers.country,
    coalesce(bought.orders, 0) as orders,
    coalesce(bought.returns, 0) as returns,
    coalesce(bought.revenue, 0) as revenue,
    bought.last_order_at,
    -- Counted from the newest order there is, so that the same data give the same answer on any day.
    date_diff('day', bought.last_order_at, (select max(ordered_at) from profiles.orders)) as days_since_last_order
from profiles.customers as customers
left join bought using (customer_id)
