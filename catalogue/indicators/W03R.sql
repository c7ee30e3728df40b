-- Businesses of W03 (den), and of them those reviewed or inspected in the window (num).
SELECT b.unit AS unit, b.id AS subject, b.id AS record,
       coalesce(b.reviewed_on BETWEEN :t0 AND :t1, 0)
       OR coalesce(b.id IN (SELECT i.site FROM site_inspection i WHERE i.on_date BETWEEN :t0 AND :t1), 0) AS num,
       1 AS den, coalesce(b.kind, '') AS by1
FROM business_site b
WHERE coalesce(b.opened_on, '') <= :t1 AND (b.closed_on IS NULL OR b.closed_on > :t1)
