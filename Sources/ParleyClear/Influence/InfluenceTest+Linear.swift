import BigInt
import ParleyProgram

extension InfluenceTest {
  /// A number that is a sum of what units bring: how much it loses without each of them.
  struct Part {
    var place: OpenedNumbers.Place
    var tag: String
    var value: BigInt
    /// By unit, then by single rows of persons; nil where the number is no longer shown without it.
    var losses: [BigInt?]
    /// By loss, the position of the unit.
    var owners: [Int]
    /// Units of which what they bring is not the sum of what their rows bring, with the places of these rows in the losses. A row less makes
    /// another unit of such a one.
    var changed: [Int: Range<Int>] = [:]
    /// What a unit brings is the sum of what its rows bring.
    var isAdditive: Bool { changed.isEmpty }
    /// What nobody has a part in.
    var nothing: Part {
      var result = self
      result.value = 0
      result.losses = losses.map { _ in 0 }
      result.changed = [:]
      return result
    }

    /// Units that it rests on, by their positions. Empty where nothing but withholding changes.
    var support: [Int] {
      guard losses.contains(where: { $0 != nil && $0 != 0 }) else { return [] }
      return Set(losses.indices.filter { losses[$0] != 0 }.map { owners[$0] }).sorted()
    }
    /// Less another number.
    func less(_ other: Part, times factor: BigInt = 1) -> Part {
      var result = self
      result.value -= other.value * factor
      for index in losses.indices {
        guard let a = losses[index], let b = other.losses[index] else {
          result.losses[index] = nil
          continue
        }
        result.losses[index] = a - b * factor
      }
      // Where one of the two is no sum over rows, neither is the difference.
      result.changed.merge(other.changed) { own, _ in own }
      for rows in result.changed.values { for index in rows { result.losses[index] = 0 } }
      return result
    }
    /// Every unit of the other has the same part in this, and some unit has.
    func contains(_ other: Part) -> Bool {
      !other.support.isEmpty
        && losses.indices.allSatisfy {
          other.losses[$0] == 0 || other.losses[$0] != nil && other.losses[$0] == losses[$0]
        }
    }
  }

  /// The sums among the numbers; a mean with the number of its values is one.
  private func sums(_ numbers: OpenedNumbers) -> [OpenedNumbers.Place: (tag: String, value: BigInt)] {
    var sums: [OpenedNumbers.Place: (tag: String, value: BigInt)] = [:]
    for (place, value) in numbers.values {
      switch columns[place.result][place.column] {
      case .linear(let tag): sums[place] = (tag, value)
      case .mean(let count?):
        var counted = place
        counted.column = count
        guard let number = numbers.values[counted] else { continue }
        sums[place] = ("MEAN", (value * number + 500_000).flooredQuotient(by: 1_000_000))
      default: continue
      }
    }
    return sums
  }

  private func parts(_ trials: UnitTrials) -> [Part] {
    let without = (trials.without + trials.withoutRow.joined()).map { $0.map { sums($0) } }
    let owners =
      Array(trials.units.indices) + trials.withoutRow.enumerated().flatMap { unit, rows in rows.map { _ in unit } }
    let isReference = free.map { free in base.values.allSatisfy { free.values[$0.key] == $0.value } } == true
    return sums(base).map { place, sum in
      var losses: [BigInt?] = without.map { numbers in
        guard let numbers else { return 0 }
        if let less = numbers[place] { return sum.value - less.value }
        // Without a minimum a number that is gone was a sum of nothing.
        return isReference ? sum.value : nil
      }
      // Rows of a person say something if the number adds them up. Where it does not, a row less makes another person of her.
      var next = trials.units.count
      var changed: [Int: Range<Int>] = [:]
      for (unit, rows) in trials.withoutRow.enumerated() {
        let own = next..<next + rows.count
        next = own.upperBound
        if losses[own].allSatisfy({ $0 != nil }), losses[own].reduce(0, { $0 + ($1 ?? 0) }) != losses[unit] {
          for index in own { losses[index] = 0 }
          changed[unit] = own
        }
      }
      return Part(
        place: place, tag: sum.tag, value: sum.value, losses: losses, owners: owners, changed: changed)
    }.sorted { name($0.place) < name($1.place) }
  }

  func linearHits(_ kinds: Set<String>, _ trials: UnitTrials) -> [Hit] {
    let parts = parts(trials)
    let areRows = kinds.allSatisfy { $0.hasPrefix(".") }
    var hits: [Hit] = []
    func report(_ kind: Hit.Kind, _ what: String, _ part: Part) {
      let support = part.support
      guard isFew(support.count) else { return }
      hits.append(
        Hit(
          kind: kind, what: what, value: String(part.value), units: support.map { trials.units[$0] },
          place: part.place))
    }
    for part in parts {
      report(.few, name(part.place), part)
      if let packing { hits += digitHits(part, packing, trials) }
    }
    for (index, part) in parts.enumerated() {
      for other in parts[..<index] where part.place.row == other.place.row && part.place.copy == other.place.copy {
        let names = "\(name(part.place)) - \(name(other.place))"
        if part.tag == other.tag { report(.difference, names, part.less(other)) }
        for offset in offsets {
          report(.difference, names + " times \(offset)", part.less(other, times: offset))
          report(
            .difference, "\(name(other.place)) - \(name(part.place)) times \(offset)",
            other.less(part, times: offset))
        }
      }
      // A row is in two groups of one result where a join repeats it, and is the same in both.
      for other in parts[..<index]
      where other.place.result == part.place.result && other.place.column == part.place.column
        && other.place.row != part.place.row && part.isAdditive && other.isAdditive
      {
        report(.difference, "\(name(part.place)) - \(name(other.place))", part.less(other))
      }
      // Persons may have as many rows in one group as in another; rows cannot.
      if areRows || !part.place.row.isEmpty || program.results.count > 1 {
        // Groups of one result have no rows in common. That those of two results have none is chance, and not known.
        for result in program.results.indices {
          var rest = part
          var taken: [String] = []
          for other in parts
          where other.place.result == result && other.tag == part.tag
            && isPart(other.place, of: part.place, areRows: areRows)
          {
            guard rest.contains(other) else { continue }
            rest = rest.less(other)
            taken.append(name(other.place))
            report(.remainder, "\(name(part.place)) - \(taken.joined(separator: " - "))", rest)
          }
        }
      }
    }
    return hits + totalHits(kinds, trials, parts) + combinationHits(parts, trials) + bandHits(parts)
  }

  /// Digits that no unit but one changes, by being absent or by other values.
  private func digitHits(_ part: Part, _ base: BigInt, _ trials: UnitTrials) -> [Hit] {
    var hits: [Hit] = []
    var weight = BigInt(1)
    while weight <= part.value {
      func digit(_ numbers: OpenedNumbers?) -> BigInt? {
        numbers.flatMap { $0.values[part.place] }.map { ($0 / weight) % base }
      }
      let shown = digit(self.base)
      let moved = trials.units.indices.filter {
        digit(trials.without[$0]) != shown || digit(trials.shifted[$0]) != shown
      }
      if isFew(moved.count) {
        hits.append(
          Hit(
            kind: .digit, what: "\(name(part.place)) / \(weight) % \(base)", value: shown.map { String($0) } ?? "",
            units: moved.map { trials.units[$0] }))
      }
      weight *= base
    }
    return hits
  }

  /// Whether one number is known to be of some of the rows of another.
  private func isPart(
    _ part: OpenedNumbers.Place, of whole: OpenedNumbers.Place, areRows: Bool
  ) -> Bool {
    if part.result == whole.result { return part.row != whole.row && areRows }
    let partNames = OpenedNumbers.keyNames(program.results[part.result], columns[part.result])
    let wholeNames = OpenedNumbers.keyNames(program.results[whole.result], columns[whole.result])
    return zip(wholeNames, whole.row).allSatisfy { name, label in
      partNames.firstIndex(of: name).map { part.row[$0] == label } ?? false
    }
  }

  /// The public number of rows less the counts of a column.
  private func totalHits(_ kinds: Set<String>, _ trials: UnitTrials, _ parts: [Part]) -> [Hit] {
    var hits: [Hit] = []
    for table in readTables
    where UnitDatabase.kind(of: table).map(kinds.contains) == true && table.padTo == nil {
      let whole = trials.units.map { BigInt(database.rowCount(of: $0, in: table.name)) }
      let rows =
        whole
        + (trials.withoutRow.isEmpty
          ? [] : trials.units.flatMap { database.rowCounts(of: $0, in: table.name).map { BigInt($0) } })
      for (number, result) in program.results.enumerated() {
        for column in result.columns.indices where columns[number][column] == .linear(tag: "COUNT") {
          let cells = parts.filter { $0.place.result == number && $0.place.column == column }
          guard let first = cells.first, cells.contains(where: { !$0.support.isEmpty }) else { continue }
          var rest = first
          rest.value = whole.reduce(0, +)
          rest.losses = rows
          for cell in cells { rest = rest.less(cell) }
          guard rest.losses.allSatisfy({ $0 != nil && $0! >= 0 }), isFew(rest.support.count) else { continue }
          // What WHERE leaves out is in no group, shown or not.
          var left = rest.losses
          if let free {
            let every = sums(free).filter { $0.key.result == number && $0.key.column == column }
            let all = every.reduce(BigInt(0)) { $0 + $1.value.value }
            if whole.reduce(0, +) == all { left = [] }
          }
          hits.append(
            Hit(
              kind: left.isEmpty ? .withheldTotal : .filteredTotal,
              what:
                "rows of \(table.name) - \(cells.count == 1 ? name(first.place) : "the sum of \(result.name).\(result.columns[column].name)")",
              value: String(rest.value), units: rest.support.map { trials.units[$0] }))
        }
      }
    }
    return hits
  }
}
