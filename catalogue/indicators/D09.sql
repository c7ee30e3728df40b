-- Post-rehab management groups that work at the end of :t1 (den), and of them those with at least as many members
-- as their decision says (num).
SELECT t.unit AS unit, t.id AS subject, t.id AS record,
       coalesce((SELECT count(DISTINCT coalesce(pr.root, m.person)) FROM team_member m
                 LEFT JOIN person_root pr ON pr.person = m.person
                 WHERE m.team = t.id AND m.joined_on <= :t1 AND (m.left_on IS NULL OR m.left_on > :t1))
                >= t.planned_size, 0) AS num,
       1 AS den
FROM team t
WHERE t.kind = 'post_rehab_group'
  AND coalesce(t.founded_on, t.decision_on, '') <= :t1
  AND CASE WHEN t.state = 'active' THEN coalesce(t.state_since, '') <= :t1
           ELSE coalesce(t.state_since, '') > :t1 END
