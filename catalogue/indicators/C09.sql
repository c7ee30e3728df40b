-- Approved foster families at the end of :t1.
SELECT f.unit AS unit, f.id AS subject, f.id AS record, 1 AS num, NULL AS den
FROM foster_family f
WHERE f.approved_on <= :t1 AND (f.ended_on IS NULL OR f.ended_on > :t1)
