-- Broadcasts of the window.
SELECT p.unit AS unit, p.id AS subject, p.id AS record, p.times AS num, NULL AS den,
       coalesce(p.kind, '') AS by1, coalesce(p.field, '') AS by2
FROM product p
WHERE p.on_date BETWEEN :t0 AND :t1 AND p.times IS NOT NULL
