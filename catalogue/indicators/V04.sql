-- Cases with a need of support, open at some day of the window (den), and of them those supported by the end of
-- :t1 (num).
SELECT v.unit AS unit, coalesce(pr.root, v.person, v.id) AS subject, v.id AS record,
       coalesce(v.supported_on <= :t1, 0) AS num, 1 AS den
FROM trafficking_case v
LEFT JOIN person_root pr ON pr.person = v.person
WHERE v.needs_support = 1 AND v.received_on <= :t1 AND (v.closed_on IS NULL OR v.closed_on >= :t0)
