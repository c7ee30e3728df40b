-- People of D01, once for each substance they use.
WITH fact AS (
    SELECT d.unit, coalesce(pr.root, d.person) AS subject, d.id AS record, d.substances,
           coalesce(rp.sex, p.sex, '') AS sex,
           CAST(strftime('%Y', :t1) AS INTEGER) - CAST(coalesce(rp.dob, p.dob) AS INTEGER)
           - (coalesce(rp.dob, p.dob) GLOB '*-*-*'
              AND strftime('%m-%d', :t1) < strftime('%m-%d', coalesce(rp.dob, p.dob))) AS age
    FROM drug_case d
    LEFT JOIN person_root pr ON pr.person = d.person
    LEFT JOIN person p ON p.id = d.person
    LEFT JOIN person rp ON rp.id = pr.root
    WHERE (d.in_list = 1 OR (d.listed_on IS NOT NULL AND d.dossier_closed_on IS NOT NULL))
      AND coalesce(d.listed_on, d.dossier_opened_on, '') <= :t1
      AND (d.dossier_closed_on IS NULL OR d.dossier_closed_on > :t1)
)
SELECT f.unit AS unit, f.subject AS subject, f.record AS record, 1 AS num, NULL AS den,
       coalesce(s.value, '') AS by1, f.sex AS by2,
       CASE WHEN f.age IS NULL THEN ''
            WHEN f.age < CAST(:p_age_drugs_12 AS INTEGER) THEN 'under_12'
            WHEN f.age < CAST(:p_age_drugs_16 AS INTEGER) THEN 'to_15'
            WHEN f.age < CAST(:p_age_drugs_18 AS INTEGER) THEN 'to_17'
            WHEN f.age < CAST(:p_age_drugs_31 AS INTEGER) THEN 'to_30'
            WHEN f.age < CAST(:p_age_drugs_46 AS INTEGER) THEN 'to_45'
            ELSE 'over_45' END AS by3
FROM fact f
LEFT JOIN json_each(f.substances) s
