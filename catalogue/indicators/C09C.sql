-- Children placed with a foster family on the last day of the window.
SELECT f.unit AS unit, coalesce(pr.root, f.child) AS subject, f.id AS record, 1 AS num, NULL AS den,
       coalesce(rp.sex, p.sex, '') AS by1
FROM foster_placement f
LEFT JOIN person_root pr ON pr.person = f.child
LEFT JOIN person p ON p.id = f.child
LEFT JOIN person rp ON rp.id = pr.root
WHERE f.from_on <= :t1 AND (f.to_on IS NULL OR f.to_on >= :t1)
