-- People marked as on substitution treatment whose case is not closed at the end of :t1.
WITH fact AS (
    SELECT d.unit, coalesce(pr.root, d.person) AS subject, d.id AS record,
           coalesce(rp.sex, p.sex, '') AS sex,
           CAST(strftime('%Y', :t1) AS INTEGER) - CAST(coalesce(rp.dob, p.dob) AS INTEGER)
           - (coalesce(rp.dob, p.dob) GLOB '*-*-*'
              AND strftime('%m-%d', :t1) < strftime('%m-%d', coalesce(rp.dob, p.dob))) AS age
    FROM drug_case d
    LEFT JOIN person_root pr ON pr.person = d.person
    LEFT JOIN person p ON p.id = d.person
    LEFT JOIN person rp ON rp.id = pr.root
    WHERE d.mmt = 1
      AND coalesce(d.listed_on, d.dossier_opened_on, d.found_on, '') <= :t1
      AND (d.dossier_closed_on IS NULL OR d.dossier_closed_on > :t1)
)
SELECT f.unit AS unit, f.subject AS subject, f.record AS record, 1 AS num, NULL AS den, f.sex AS by1,
       CASE WHEN f.age IS NULL THEN ''
            WHEN f.age < CAST(:p_age_drugs_12 AS INTEGER) THEN 'under_12'
            WHEN f.age < CAST(:p_age_drugs_16 AS INTEGER) THEN 'to_15'
            WHEN f.age < CAST(:p_age_drugs_18 AS INTEGER) THEN 'to_17'
            WHEN f.age < CAST(:p_age_drugs_31 AS INTEGER) THEN 'to_30'
            WHEN f.age < CAST(:p_age_drugs_46 AS INTEGER) THEN 'to_45'
            ELSE 'over_45' END AS by2
FROM fact f
