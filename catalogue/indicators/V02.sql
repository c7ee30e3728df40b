-- Victims among the cases received in the window (den), and of them those given any initial support (num).
SELECT v.unit AS unit, coalesce(pr.root, v.person, v.id) AS subject, v.id AS record,
       coalesce(json_array_length(v.initial_support), 0) > 0 AS num, 1 AS den
FROM trafficking_case v
LEFT JOIN person_root pr ON pr.person = v.person
WHERE v.victim_status = 'victim' AND v.received_on BETWEEN :t0 AND :t1
