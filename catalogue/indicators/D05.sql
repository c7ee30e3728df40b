-- People whose compulsory rehab ended in the window (den), and of them those who by the end of :t1 were helped to
-- a job that was not over before they came back, or have a steady one (num).
WITH job(root, last) AS MATERIALIZED (
    SELECT coalesce(pr.root, g.client), g.to_on
    FROM support_grant g LEFT JOIN person_root pr ON pr.person = g.client
    WHERE g.kind = 'job' AND g.from_on <= :t1
    UNION ALL
    SELECT coalesce(pr.root, c.person), NULL
    FROM post_rehab c LEFT JOIN person_root pr ON pr.person = c.person
    WHERE c.job_status = 'steady' AND coalesce(c.job_since, c.from_on) <= :t1
)
SELECT e.unit AS unit, coalesce(pr.root, e.person) AS subject, e.id AS record,
       EXISTS (SELECT 1 FROM job j
               WHERE j.root = coalesce(pr.root, e.person) AND (j.last IS NULL OR j.last >= e.end_on)) AS num,
       1 AS den
FROM rehab_episode e
LEFT JOIN person_root pr ON pr.person = e.person
WHERE e.kind = 'compulsory' AND e.end_on BETWEEN :t0 AND :t1
