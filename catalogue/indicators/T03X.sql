-- Volunteers who are members at the end of :t1 in a commune that had no addict and no post-rehab person at any
-- day of the window: exempt from T03, counted here.
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
SELECT m.unit AS unit, coalesce(pr.root, m.person) AS subject, m.id AS record, 1 AS num, NULL AS den
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
  AND m.unit NOT IN (SELECT unit FROM client_unit)
