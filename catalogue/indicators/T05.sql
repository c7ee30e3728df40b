-- People persuaded into rehab: a rehab episode of theirs started in the window while, or after, a volunteer was
-- assigned to persuade or support them. Counted by the commune whose volunteer it was.
WITH task(unit, root, from_on) AS MATERIALIZED (
    SELECT a.unit, coalesce(pa.root, a.client), a.from_on
    FROM assignment a
    LEFT JOIN person_root pa ON pa.person = a.client
    WHERE a.member IS NOT NULL AND a.purpose IN ('persuade_rehab', 'support_rehab')
      AND (a.to_on IS NULL OR a.to_on >= :t0 OR a.result = 'entered_rehab')
), fact AS (
    SELECT t.unit, t.root AS subject, e.id AS record, e.kind,
           coalesce(rp.sex, p.sex, '') AS sex,
           CAST(strftime('%Y', :t1) AS INTEGER) - CAST(coalesce(rp.dob, p.dob) AS INTEGER)
           - (coalesce(rp.dob, p.dob) GLOB '*-*-*'
              AND strftime('%m-%d', :t1) < strftime('%m-%d', coalesce(rp.dob, p.dob))) AS age
    FROM rehab_episode e
    LEFT JOIN person_root pr ON pr.person = e.person
    LEFT JOIN person p ON p.id = e.person
    LEFT JOIN person rp ON rp.id = pr.root
    JOIN task t ON t.root = coalesce(pr.root, e.person) AND t.from_on <= e.start_on
    WHERE e.start_on BETWEEN :t0 AND :t1
)
SELECT f.unit AS unit, f.subject AS subject, f.record AS record, 1 AS num, NULL AS den,
       coalesce(f.kind, '') AS by1, f.sex AS by2,
       CASE WHEN f.age IS NULL THEN ''
            WHEN f.age < CAST(:p_age_drugs_12 AS INTEGER) THEN 'under_12'
            WHEN f.age < CAST(:p_age_drugs_16 AS INTEGER) THEN 'to_15'
            WHEN f.age < CAST(:p_age_drugs_18 AS INTEGER) THEN 'to_17'
            WHEN f.age < CAST(:p_age_drugs_31 AS INTEGER) THEN 'to_30'
            WHEN f.age < CAST(:p_age_drugs_46 AS INTEGER) THEN 'to_45'
            ELSE 'over_45' END AS by3
FROM fact f
