-- People (not decisions) with a decision on compulsory rehab in force since a day of the window (den), and of them
-- those with one executed by its due day (num). Lawfully postponed or exempt ones are left out of both.
WITH fact AS (
    SELECT o.unit, coalesce(pr.root, o.person) AS subject, o.id AS record,
           coalesce(o.executed_on <= o.due_execute_on, 0) AS num,
           coalesce(rp.sex, p.sex, '') AS sex,
           CAST(strftime('%Y', :t1) AS INTEGER) - CAST(coalesce(rp.dob, p.dob) AS INTEGER)
           - (coalesce(rp.dob, p.dob) GLOB '*-*-*'
              AND strftime('%m-%d', :t1) < strftime('%m-%d', coalesce(rp.dob, p.dob))) AS age
    FROM court_order o
    LEFT JOIN person_root pr ON pr.person = o.person
    LEFT JOIN person p ON p.id = o.person
    LEFT JOIN person rp ON rp.id = pr.root
    WHERE o.measure = 'compulsory_rehab'
      AND coalesce(o.effective_on, o.decided_on) BETWEEN :t0 AND :t1
      AND coalesce(o.not_executed_reason, '') NOT IN ('postponed', 'exempt')
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
