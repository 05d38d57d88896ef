import BigInt
import ParleyBase
import ParleyProgram

extension InfluenceTest {
  /// Means, records, quantiles and counts of different values.
  func otherHits(_ trials: UnitTrials) throws(ParleyError) -> [Hit] {
    var hits: [Hit] = []
    for (place, value) in base.values.sorted(by: { name($0.key) < name($1.key) }) {
      func changed(_ numbers: [OpenedNumbers?]) -> Set<Int> {
        Set(numbers.indices.filter { numbers[$0] != nil && numbers[$0]?.values[place] != value })
      }
      func report(_ kind: Hit.Kind, _ positions: some Sequence<Int>) {
        hits.append(
          Hit(
            kind: kind, what: name(place), value: String(value),
            units: positions.sorted().map { trials.units[$0] },
            place: place))
      }
      // Units of which the number has a value when they are alone; HAVING leaves out what is alone.
      let isTold = !choosing.contains(place.result)
      let valued = trials.alone.indices.filter { isTold && trials.alone[$0]?.values[place] != nil }
      let alone = valued.filter { trials.alone[$0]?.values[place] != 0 }
      switch columns[place.result][place.column] {
      case .mean, .smooth:
        let without = changed(trials.without)
        // Without all rows of a unit a mean may stay what it is; without one of them it does not.
        let byRow = trials.withoutRow.indices.filter { unit in
          trials.withoutRow[unit].contains { $0 != nil && $0?.values[place] != value }
        }
        let all = without.union(changed(trials.shifted)).union(byRow)
        if !without.isEmpty, isFew(all.count) { report(try isOfKeys(place, trials) ? .told : .few, all) }
      case .record:
        let moved = changed(trials.without).union(changed(trials.shifted))
        let isAllowed = readTables.allSatisfy { $0.allowsExtremes || UnitDatabase.kind(of: $0) == nil }
        if !isAllowed, !moved.isEmpty { report(.record, moved) }
        if isFew(valued.count) { report(.few, valued) }
      case .quantile(let times):
        if 0 < valued.count, valued.count < times * minimum { report(.quantile, valued) }
      case .distinct:
        if isFew(alone.count) { report(.distinct, alone) }
      case .key, .linear, .processed: continue
      }
    }
    return hits
  }

  /// Whether a number is the same wherever its row has one: without any of the units, for any of them alone or with other measures, and
  /// with all measures drawn again. It is then a function of the keys, such as the deviation of a key.
  private func isOfKeys(_ place: OpenedNumbers.Place, _ trials: UnitTrials) throws(ParleyError) -> Bool {
    var found = trials.without + trials.withoutRow.joined() + trials.alone + trials.shifted
    var random = InsecureSplitMix(seed: 0x7e11)
    for _ in 0..<Self.rounds {
      found.append(try open(database.redrawn(using: &random), isFree: true))
    }
    return found.allSatisfy { numbers in numbers?.values[place].map { $0 == base.values[place] } ?? true }
  }

  /// Rows that are there for the sake of few units: those which alone make a row with the same keys.
  func groupHits(_ trials: UnitTrials) -> [Hit] {
    guard !trials.alone.isEmpty else { return [] }
    return base.keys.sorted { ($0.result, $0.row.joined()) < ($1.result, $1.row.joined()) }.compactMap { row in
      // HAVING leaves out what is alone.
      guard !row.row.isEmpty, !choosing.contains(row.result) else { return nil }
      let members = trials.alone.indices.filter { trials.alone[$0]?.keys.contains(row) == true }
      guard isFew(members.count) else { return nil }
      return Hit(
        kind: .group, what: "a row of \(program.results[row.result].name)",
        value: "(\(row.row.joined(separator: ", ")))",
        units: members.map { trials.units[$0] })
    }
  }

  /// Draws of all measures, and of two of one unit's in each.
  private static var rounds: Int { 4 }
  /// As many where something was found: a unit of three that decide alike has no part in 8 draws now and then.
  private static var roundsOfDoubt: Int { 32 }

  /// Numbers that are no statistics, and rows that a condition on numbers chooses. A statistic of many moves them seldom, so
  /// it says nothing that on some data few units do; here all measures are drawn several times, and units that never
  /// matter have no part. Nobody is left out, so that a group which is withheld for the sake of one unit stays so.
  func processedHits(_ units: [UnitDatabase.Unit]) throws(ParleyError) -> [Hit] {
    let hits = try processedHits(units, rounds: Self.rounds)
    if hits.isEmpty { return [] }
    let again = try processedHits(units, rounds: Self.roundsOfDoubt)
    return hits.filter { hit in again.contains { $0.what == hit.what && $0.place == hit.place } }
  }

  private func processedHits(_ units: [UnitDatabase.Unit], rounds: Int) throws(ParleyError) -> [Hit] {
    let places = base.values.keys.filter { columns[$0.result][$0.column] == .processed }
    let rows = base.keys.filter { choosing.contains($0.result) }
    guard !places.isEmpty || !rows.isEmpty else { return [] }
    var moved: [OpenedNumbers.Place: [Int: Int]] = [:]
    var chosen: [OpenedNumbers.RowID: [Int: Int]] = [:]
    var random = InsecureSplitMix(seed: 0x1d5)
    for _ in 0..<rounds {
      let drawn = UnitDatabase(tables: database.tables, data: database.redrawn(using: &random))
      guard let before = try open(drawn.data, isFree: false) else { continue }
      for (index, unit) in units.enumerated() {
        for data in [drawn.redrawn(unit, using: &random), drawn.redrawn(unit, using: &random)] {
          guard let after = try open(data, isFree: false) else { continue }
          for place in places where before.values[place] != after.values[place] {
            moved[place, default: [:]][index, default: 0] += 1
          }
          for row in rows where before.keys.contains(row) != after.keys.contains(row) {
            chosen[row, default: [:]][index, default: 0] += 1
          }
        }
      }
    }
    // Once is chance: a condition on a sum of all, which one of them happened to decide.
    func isHit(_ counts: [Int: Int]) -> Bool { isFew(counts.count) && counts.values.allSatisfy { $0 >= 3 } }
    var hits: [Hit] = []
    for (place, counts) in moved where isHit(counts) {
      hits.append(
        Hit(
          kind: .processed, what: name(place), value: base.values[place].map { String($0) } ?? "",
          units: counts.keys.sorted().map { units[$0] }, place: place))
    }
    for (row, counts) in chosen where isHit(counts) {
      hits.append(
        Hit(
          kind: .processed, what: "a row of \(program.results[row.result].name)",
          value: "(\(row.row.joined(separator: ", ")))",
          units: counts.keys.sorted().map { units[$0] }))
    }
    return hits.sorted { $0.description < $1.description }
  }
}
