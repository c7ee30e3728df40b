-- Allowances of the months that begin in the window, of who was entitled on the month's first day and has been
-- paid for it; one row for each beneficiary.
WITH RECURSIVE month(first) AS (
    SELECT CASE WHEN date(:t0) = date(:t0, 'start of month') THEN date(:t0)
                ELSE date(:t0, 'start of month', '+1 month') END
    UNION ALL
    SELECT date(first, '+1 month') FROM month WHERE date(first, '+1 month') <= :t1
)
SELECT b.unit AS unit, b.id AS subject, b.id AS record, sum(b.monthly) AS num, NULL AS den, coalesce(b.kind, '') AS by1
FROM beneficiary b
JOIN month m ON m.first <= :t1 AND b.from_on <= m.first AND (b.to_on IS NULL OR b.to_on > m.first)
WHERE b.monthly IS NOT NULL AND b.paid_until >= m.first
GROUP BY b.id
