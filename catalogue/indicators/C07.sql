-- Communes with a child-protection officer and a hamlet collaborator at the end of :t1, and an activity about
-- children in the window. The records are these people's memberships.
WITH active AS (
    SELECT m.unit, m.id, m.role FROM team_member m
    WHERE m.role IN ('child_officer', 'child_collaborator')
      AND m.joined_on <= :t1 AND (m.left_on IS NULL OR m.left_on > :t1)
)
SELECT m.unit AS unit, m.unit AS subject, m.id AS record, 1 AS num, NULL AS den
FROM active m
WHERE EXISTS (SELECT 1 FROM active o WHERE o.unit = m.unit AND o.role = 'child_officer')
  AND EXISTS (SELECT 1 FROM active o WHERE o.unit = m.unit AND o.role = 'child_collaborator')
  AND EXISTS (SELECT 1 FROM activity a
              WHERE a.unit = m.unit AND a.field = 'children' AND a.on_date BETWEEN :t0 AND :t1)
