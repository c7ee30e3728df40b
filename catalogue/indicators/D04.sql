-- People with a dossier open at some day of the window (den), and of them those in a rehab episode at some day of
-- it, wherever that was noted (num).
WITH in_rehab(root) AS (
    SELECT coalesce(pr.root, e.person)
    FROM rehab_episode e LEFT JOIN person_root pr ON pr.person = e.person
    WHERE e.person IS NOT NULL AND e.start_on <= :t1 AND (e.end_on IS NULL OR e.end_on >= :t0)
), fact AS (
    SELECT d.unit, coalesce(pr.root, d.person) AS subject, d.id AS record,
           coalesce(coalesce(pr.root, d.person) IN (SELECT root FROM in_rehab), 0) AS num,
           coalesce(rp.sex, p.sex, '') AS sex,
           CAST(strftime('%Y', :t1) AS INTEGER) - CAST(coalesce(rp.dob, p.dob) AS INTEGER)
           - (coalesce(rp.dob, p.dob) GLOB '*-*-*'
              AND strftime('%m-%d', :t1) < strftime('%m-%d', coalesce(rp.dob, p.dob))) AS age
    FROM drug_case d
    LEFT JOIN person_root pr ON pr.person = d.person
    LEFT JOIN person p ON p.id = d.person
    LEFT JOIN person rp ON rp.id = pr.root
    WHERE (d.dossier_opened_on IS NOT NULL OR d.dossier_no IS NOT NULL)
      AND coalesce(d.dossier_opened_on, d.listed_on, '') <= :t1
      AND (d.dossier_closed_on IS NULL OR d.dossier_closed_on > :t0)
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
