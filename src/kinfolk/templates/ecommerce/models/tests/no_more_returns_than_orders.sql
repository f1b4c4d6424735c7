-- severity: warn
-- Each row is a customer who sent back more than was ordered.
select customer_id, orders, returns from models.customer_value where returns > orders
