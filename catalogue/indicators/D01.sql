-- People on the management list at the end of :t1. A closed dossier was on the list until its closing day,
-- whatever its mark says now.
SELECT d.unit AS unit, coalesce(pr.root, d.person) AS subject, d.id AS record, 1 AS num, NULL AS den,
       coalesce(d.status, '') AS by1,
       coalesce(rp.sex, p.sex, '') AS by2
FROM drug_case d
LEFT JOIN person_root pr ON pr.person = d.person
LEFT JOIN person p ON p.id = d.person
LEFT JOIN person rp ON rp.id = pr.root
WHERE (d.in_list = 1 OR (d.listed_on IS NOT NULL AND d.dossier_closed_on IS NOT NULL))
  AND coalesce(d.listed_on, d.dossier_opened_on, '') <= :t1
  AND (d.dossier_closed_on IS NULL OR d.dossier_closed_on > :t1)
