-- People with a dossier open at some day of the window (den), and of them those in a rehab episode at some day of
-- it, wherever that was noted (num).
SELECT d.unit AS unit, coalesce(pr.root, d.person) AS subject, d.id AS record,
       EXISTS (SELECT 1 FROM rehab_episode e LEFT JOIN person_root pe ON pe.person = e.person
               WHERE coalesce(pe.root, e.person) = coalesce(pr.root, d.person)
                 AND e.start_on <= :t1 AND (e.end_on IS NULL OR e.end_on >= :t0)) AS num,
       1 AS den
FROM drug_case d
LEFT JOIN person_root pr ON pr.person = d.person
WHERE (d.dossier_opened_on IS NOT NULL OR d.dossier_no IS NOT NULL)
  AND coalesce(d.dossier_opened_on, d.listed_on, '') <= :t1
  AND (d.dossier_closed_on IS NULL OR d.dossier_closed_on > :t0)
