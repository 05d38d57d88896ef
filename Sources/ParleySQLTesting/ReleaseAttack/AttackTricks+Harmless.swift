import ParleyClear
import ParleyProgram

extension AttackTrick {
  /// What nobody minds: most of these are to be answered.
  static let harmless: [AttackTrick] = [
    AttackTrick(name: "harmless groups") { w in
      let m = w.measure()
      return [
        w.question([w.rows, ("SUM(\(m))", .linear(tag: "S")), ("AVG(\(m))", .smooth)], key: w.group)
          .resting(on: w.behind(key: w.group, sets: w.valueSets(m)))
      ]
    },
    AttackTrick(name: "harmless total") { w in
      let m = w.measure()
      return [
        w.question([w.rows, ("AVG(\(m))", .smooth), ("STDDEV(\(m))", .smooth)])
          .resting(on: w.behind(sets: w.valueSets(m)))
      ]
    },
    AttackTrick(name: "harmless join", onPersons: true) { w in
      let join = "v JOIN r ON v.kind = r.kind"
      return [
        w.question([w.rows, ("SUM(cost)", .linear(tag: "S"))], from: join, key: "v.kind")
          .resting(on: w.behind(from: join, key: "v.kind", sets: w.valueSets("cost")))
      ]
    },
    AttackTrick(name: "harmless order") { w in
      [
        w.question([w.rows], key: w.group, tail: "ORDER BY COUNT(*) DESC LIMIT 2", isChoosing: true)
          .resting(on: w.behind(key: w.group))
      ]
    },
    AttackTrick(name: "harmless filter") { w in
      // The column that names persons is compared with nothing.
      let (m, filter) = (w.measure(), w.table == "p" ? "id > 8" : "cost > 8")
      return [
        w.question([w.rows, ("SUM(\(m))", .linear(tag: "S"))], filter: filter, key: w.group)
          .resting(
            on: w.behind(filter: filter, key: w.group, sets: w.valueSets(m, above: m == "cost" ? 8 : -1)))
      ]
    },
    AttackTrick(name: "harmless condition") { w in
      let (c, key) = (w.table == "p" ? "id > 25" : "cost > 25", w.maybeGroup())
      return [
        w.question([w.rows, ("SUM(CASE WHEN \(c) THEN 1 ELSE 0 END)", .linear(tag: "COUNT"))], key: key)
          .resting(on: w.behind(key: key, sets: [c, "NOT (\(c))"]))
      ]
    },
    AttackTrick(name: "harmless persons", onPersons: true) { w in
      let persons = "(SELECT pid, SUM(cost) AS s FROM v GROUP BY pid) AS q"
      return [
        w.question([("COUNT(*)", .linear(tag: "PERSONS")), ("AVG(s)", .smooth)], from: persons)
          .resting(on: w.behind(from: persons, sets: ["s <> 0"]))
      ]
    },
    AttackTrick(name: "harmless having") { w in
      [
        w.question([w.rows], key: w.group, tail: "HAVING COUNT(*) > 2", isChoosing: true)
          .resting(on: w.behind(key: w.group))
      ]
    },
  ]
}

extension AttackWriter {
  /// Rows with a value that is added up, those without, with one that is not 0, and with one that is no end of its range.
  ///
  /// - Parameter bound: values are above it.
  fileprivate func valueSets(_ measure: String, above bound: Int64 = -1) -> [String] {
    var sets = ["\(measure) IS NOT NULL", "\(measure) IS NULL", "\(measure) <> 0"]
    let columns = tables.schemas.first { $0.name == table }?.columns ?? []
    if case .integer(let range)? = columns.first(where: { $0.name == measure })?.type {
      sets += [max(range.lowerBound, bound + 1), range.upperBound].filter { $0 != 0 }.map { "\(measure) <> \($0)" }
    }
    return sets
  }

  /// The rows behind a question that ``question(_:from:filter:key:tail:isChoosing:)`` wrote of the same.
  func behind(
    from: String? = nil, filter: String = "", key: String? = nil, sets: [String] = []
  ) -> SuppressionMeasure.Behind {
    .init(
      from: from ?? table, filter: filter, keys: key.map { [(name: "key", expression: $0)] } ?? [], units: [id],
      sets: sets, counted: table == "p" ? table : nil)
  }
}

extension ReleaseAttack.Question {
  fileprivate func resting(on behind: SuppressionMeasure.Behind) -> ReleaseAttack.Question {
    var question = self
    question.behind = behind
    return question
  }
}
