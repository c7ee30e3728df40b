-- People whose post-rehab management ended in the window (den), and of them those who relapsed (num).
SELECT c.unit AS unit, coalesce(pr.root, c.person) AS subject, c.id AS record,
       coalesce(c.outcome = 'relapsed', 0) OR coalesce(c.relapsed_on <= :t1, 0) AS num, 1 AS den
FROM post_rehab c
LEFT JOIN person_root pr ON pr.person = c.person
WHERE c.to_on BETWEEN :t0 AND :t1
