-- (people on the list at the start - at the end) over those at the start. At the start: before the first day of
-- the window. A person who moved between two communes of the district changes their figures, not the district's.
SELECT d.unit AS unit, 'start' || hex(coalesce(pr.root, d.person)) AS subject, d.id AS record, 1 AS num, 1 AS den
FROM drug_case d
LEFT JOIN person_root pr ON pr.person = d.person
WHERE (d.in_list = 1 OR (d.listed_on IS NOT NULL AND d.dossier_closed_on IS NOT NULL))
      AND coalesce(d.listed_on, d.dossier_opened_on, '') <= date(:t0, '-1 day')
      AND (d.dossier_closed_on IS NULL OR d.dossier_closed_on > date(:t0, '-1 day'))
UNION ALL
SELECT d.unit, 'end' || hex(coalesce(pr.root, d.person)), d.id, -1, 0
FROM drug_case d
LEFT JOIN person_root pr ON pr.person = d.person
WHERE (d.in_list = 1 OR (d.listed_on IS NOT NULL AND d.dossier_closed_on IS NOT NULL))
      AND coalesce(d.listed_on, d.dossier_opened_on, '') <= :t1
      AND (d.dossier_closed_on IS NULL OR d.dossier_closed_on > :t1)
