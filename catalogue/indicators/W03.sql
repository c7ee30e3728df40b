-- Businesses open at the end of :t1.
SELECT b.unit AS unit, b.id AS subject, b.id AS record, 1 AS num, NULL AS den, coalesce(b.kind, '') AS by1
FROM business_site b
WHERE coalesce(b.opened_on, '') <= :t1 AND (b.closed_on IS NULL OR b.closed_on > :t1)
