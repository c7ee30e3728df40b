-- Victims among the cases received in the window (den), and of them those with a service by the end of :t1, noted
-- for the case or for the person (num).
SELECT v.unit AS unit, coalesce(pr.root, v.person, v.id) AS subject, v.id AS record,
       EXISTS (SELECT 1 FROM service_event s LEFT JOIN person_root ps ON ps.person = s.client
               WHERE (s.trafficking_case = v.id OR coalesce(ps.root, s.client) = coalesce(pr.root, v.person))
                 AND s.on_date BETWEEN v.received_on AND :t1) AS num,
       1 AS den
FROM trafficking_case v
LEFT JOIN person_root pr ON pr.person = v.person
WHERE v.victim_status = 'victim' AND v.received_on BETWEEN :t0 AND :t1
