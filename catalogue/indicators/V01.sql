-- Cases received in the window (den), and of them those whose verification began by the end of :t1 (num).
SELECT v.unit AS unit, coalesce(pr.root, v.person, v.id) AS subject, v.id AS record,
       coalesce(v.verify_started_on <= :t1, 0) AS num, 1 AS den
FROM trafficking_case v
LEFT JOIN person_root pr ON pr.person = v.person
WHERE v.received_on BETWEEN :t0 AND :t1
