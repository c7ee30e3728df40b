-- Ex-prisoners who got a job, or help to one, in the window.
SELECT x.unit AS unit, coalesce(pr.root, x.person) AS subject, x.id AS record, 1 AS num, NULL AS den,
       coalesce(rp.sex, p.sex, '') AS by1
FROM ex_prisoner_case x
LEFT JOIN person_root pr ON pr.person = x.person
LEFT JOIN person p ON p.id = x.person
LEFT JOIN person rp ON rp.id = pr.root
WHERE x.released_on <= :t1
  AND (x.job_on BETWEEN :t0 AND :t1
       OR EXISTS (SELECT 1 FROM support_grant g LEFT JOIN person_root pg ON pg.person = g.client
                  WHERE coalesce(pg.root, g.client) = coalesce(pr.root, x.person) AND g.kind = 'job'
                    AND g.from_on BETWEEN :t0 AND :t1))
