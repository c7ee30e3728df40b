-- Volunteers (leader, deputy, member; paid collaborators are not) who are members at the end of :t1 (den), and
-- of them those assigned to an addict or a post-rehab person at some day of the window (num). Volunteers of
-- communes without any such client are exempt: they are in T03X, not here.
WITH client_unit AS (
    -- communes that had an addict or a post-rehab person at some day of the window
    SELECT d.unit FROM drug_case d
    WHERE d.status = 'addict'
      AND (d.in_list = 1 OR (d.listed_on IS NOT NULL AND d.dossier_closed_on IS NOT NULL))
      AND coalesce(d.listed_on, d.dossier_opened_on, '') <= :t1
      AND (d.dossier_closed_on IS NULL OR d.dossier_closed_on > :t0)
    UNION
    SELECT e.unit FROM rehab_episode e
    WHERE e.start_on <= :t1 AND (e.end_on IS NULL OR e.end_on >= :t0)
    UNION
    SELECT a.unit FROM assignment a
    WHERE a.purpose IN ('persuade_rehab', 'support_rehab', 'post_rehab')
      AND a.from_on <= :t1 AND (a.to_on IS NULL OR a.to_on >= :t0)
)
SELECT m.unit AS unit, coalesce(pr.root, m.person) AS subject, m.id AS record,
       EXISTS (SELECT 1 FROM assignment a
               WHERE a.member = m.id
                 AND a.purpose IN ('persuade_rehab', 'support_rehab', 'post_rehab')
                 AND a.from_on <= :t1 AND (a.to_on IS NULL OR a.to_on >= :t0)) AS num,
       1 AS den
FROM team_member m
JOIN team t ON t.id = m.team
LEFT JOIN person_root pr ON pr.person = m.person
WHERE t.kind = 'volunteer_team'
  AND coalesce(t.founded_on, t.decision_on, '') <= :t1
  AND CASE WHEN t.state = 'active' THEN coalesce(t.state_since, '') <= :t1
           ELSE coalesce(t.state_since, '') > :t1 END
  AND m.role IN ('leader', 'deputy', 'member')
  AND m.joined_on <= :t1
  AND (m.left_on IS NULL OR m.left_on > :t1)
  AND m.unit IN (SELECT unit FROM client_unit)
