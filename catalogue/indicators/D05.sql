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
), fact AS (
    SELECT e.unit, coalesce(pr.root, e.person) AS subject, e.id AS record,
           EXISTS (SELECT 1 FROM job j
                   WHERE j.root = coalesce(pr.root, e.person) AND (j.last IS NULL OR j.last >= e.end_on)) AS num,
           coalesce(rp.sex, p.sex, '') AS sex,
           CAST(strftime('%Y', :t1) AS INTEGER) - CAST(coalesce(rp.dob, p.dob) AS INTEGER)
           - (coalesce(rp.dob, p.dob) GLOB '*-*-*'
              AND strftime('%m-%d', :t1) < strftime('%m-%d', coalesce(rp.dob, p.dob))) AS age
    FROM rehab_episode e
    LEFT JOIN person_root pr ON pr.person = e.person
    LEFT JOIN person p ON p.id = e.person
    LEFT JOIN person rp ON rp.id = pr.root
    WHERE e.kind = 'compulsory' AND e.end_on BETWEEN :t0 AND :t1
)
SELECT f.unit AS unit, f.subject AS subject, f.record AS record, f.num AS num, 1 AS den, f.sex AS by1,
       CASE WHEN f.age IS NULL THEN ''
            WHEN f.age < CAST(:p_age_drugs_12 AS INTEGER) THEN 'under_12'
            WHEN f.age < CAST(:p_age_drugs_16 AS INTEGER) THEN 'to_15'
            WHEN f.age < CAST(:p_age_drugs_18 AS INTEGER) THEN 'to_17'
            WHEN f.age < CAST(:p_age_drugs_31 AS INTEGER) THEN 'to_30'
            WHEN f.age < CAST(:p_age_drugs_46 AS INTEGER) THEN 'to_45'
            ELSE 'over_45' END AS by2
FROM fact f
