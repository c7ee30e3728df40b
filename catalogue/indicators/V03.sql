-- Victims, and relatives of victims, who need protection and whose case is open at some day of the window (den),
-- and of them those protected by the end of :t1 (num).
SELECT v.unit AS unit, coalesce(pr.root, v.person, v.id) AS subject, v.id AS record,
       coalesce(v.protected_on <= :t1, 0) AS num, 1 AS den
FROM trafficking_case v
LEFT JOIN person_root pr ON pr.person = v.person
WHERE v.needs_protection = 1 AND v.received_on <= :t1 AND (v.closed_on IS NULL OR v.closed_on >= :t0)
UNION ALL
SELECT r.unit, coalesce(pr.root, r.person, r.id), r.id, coalesce(r.protected_on <= :t1, 0), 1
FROM trafficking_relative r
JOIN trafficking_case v ON v.id = r.trafficking_case
LEFT JOIN person_root pr ON pr.person = r.person
WHERE r.needs_protection = 1 AND v.received_on <= :t1 AND (v.closed_on IS NULL OR v.closed_on >= :t0)
