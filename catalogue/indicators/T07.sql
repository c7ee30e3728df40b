-- Turnover: members who left a volunteer team in the window, over the mean of the members before its first day
-- and at the end of its last. Both are doubled, so that they are whole: twice those who left (num), the members
-- at the start and at the end (den).
WITH stay AS (
    SELECT m.unit, m.person, m.id AS record, m.joined_on, m.left_on, t.kind, t.state, t.state_since,
           coalesce(t.founded_on, t.decision_on, '') AS founded
    FROM team_member m JOIN team t ON t.id = m.team
    WHERE t.kind = 'volunteer_team'
), fact AS (
    SELECT s.unit, s.person, s.record, 'left' AS part, 1 + 1 AS num, 0 AS den FROM stay s
    WHERE s.left_on BETWEEN :t0 AND :t1 AND s.joined_on < s.left_on
    UNION ALL
    SELECT s.unit, s.person, s.record, 'start', 0, 1 FROM stay s
    WHERE s.joined_on < :t0 AND (s.left_on IS NULL OR s.left_on >= :t0) AND s.founded < :t0
      AND CASE WHEN s.state = 'active' THEN coalesce(s.state_since, '') < :t0
               ELSE coalesce(s.state_since, '') >= :t0 END
    UNION ALL
    SELECT s.unit, s.person, s.record, 'end', 0, 1 FROM stay s
    WHERE s.joined_on <= :t1 AND (s.left_on IS NULL OR s.left_on > :t1) AND s.founded <= :t1
      AND CASE WHEN s.state = 'active' THEN coalesce(s.state_since, '') <= :t1
               ELSE coalesce(s.state_since, '') > :t1 END
)
SELECT f.unit AS unit, f.part || hex(coalesce(pr.root, f.person)) AS subject, f.record AS record,
       f.num AS num, f.den AS den
FROM fact f
LEFT JOIN person_root pr ON pr.person = f.person
