-- People whose compulsory rehab ended in the window (den), and of them those who by the end of :t1 were helped to
-- a job that was not over before they came back, or have a steady one (num).
SELECT e.unit AS unit, coalesce(pr.root, e.person) AS subject, e.id AS record,
       EXISTS (SELECT 1 FROM support_grant g LEFT JOIN person_root pg ON pg.person = g.client
               WHERE coalesce(pg.root, g.client) = coalesce(pr.root, e.person) AND g.kind = 'job'
                 AND g.from_on <= :t1 AND (g.to_on IS NULL OR g.to_on >= e.end_on))
       OR EXISTS (SELECT 1 FROM post_rehab c LEFT JOIN person_root pc ON pc.person = c.person
                  WHERE coalesce(pc.root, c.person) = coalesce(pr.root, e.person) AND c.job_status = 'steady'
                    AND coalesce(c.job_since, c.from_on) <= :t1) AS num,
       1 AS den
FROM rehab_episode e
LEFT JOIN person_root pr ON pr.person = e.person
WHERE e.kind = 'compulsory' AND e.end_on BETWEEN :t0 AND :t1
