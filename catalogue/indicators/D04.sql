-- People with a dossier open at some day of the window (den), and of them those in a rehab episode at some day of
-- it, wherever that was noted (num).
WITH in_rehab(root) AS (
    SELECT coalesce(pr.root, e.person)
    FROM rehab_episode e LEFT JOIN person_root pr ON pr.person = e.person
    WHERE e.person IS NOT NULL AND e.start_on <= :t1 AND (e.end_on IS NULL OR e.end_on >= :t0)
)
SELECT d.unit AS unit, coalesce(pr.root, d.person) AS subject, d.id AS record,
       coalesce(coalesce(pr.root, d.person) IN (SELECT root FROM in_rehab), 0) AS num, 1 AS den
FROM drug_case d
LEFT JOIN person_root pr ON pr.person = d.person
WHERE (d.dossier_opened_on IS NOT NULL OR d.dossier_no IS NOT NULL)
  AND coalesce(d.dossier_opened_on, d.listed_on, '') <= :t1
  AND (d.dossier_closed_on IS NULL OR d.dossier_closed_on > :t0)
