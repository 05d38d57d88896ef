package import BigInt
import ParleyProgram

/// A number that whoever asks computes from several ones: multiples of counts and sums, added up.
package struct OpenedCombination: Hashable, Sendable {
  /// One column of a result, and how often it is taken.
  package struct Term: Hashable, Sendable {
    /// By place among the program's results.
    package var result: Int
    /// By place among the result's opened columns.
    package var column: Int
    /// How often, whatever the row's key is.
    package var times: BigInt
    /// How often more for each unit of the row's first key, which is a whole number.
    package var timesKey: BigInt
    /// A term; see the properties.
    package init(result: Int, column: Int, times: BigInt, timesKey: BigInt = 0) {
      (self.result, self.column, self.times, self.timesKey) = (result, column, times, timesKey)
    }
  }
  /// In words.
  package var name: String
  /// What is added up.
  package var terms: [Term]
  /// Of rows with the same keys, each by itself; else of all rows of the results, which have to be shown then.
  package var isOfRows: Bool
  /// A combination; see the properties.
  package init(name: String, terms: [Term], isOfRows: Bool) {
    (self.name, self.terms, self.isOfRows) = (name, terms, isOfRows)
  }
}

extension InfluenceTest {
  /// Combinations that rest on fewer units than the minimum.
  func combinationHits(_ parts: [Part], _ trials: UnitTrials) -> [Hit] {
    var hits: [Hit] = []
    for combination in combinations {
      let places = parts.map(\.place)
      let rows: [[String]?] =
        combination.isOfRows ? Set(places.map(\.row)).sorted { $0.joined() < $1.joined() } : [nil]
      for row in rows {
        guard let whole = sum(of: combination, in: row, parts, trials) else { continue }
        let support = whole.support
        guard isFew(support.count) else { continue }
        hits.append(
          Hit(
            kind: .combination, what: combination.name + (row.map { "(\($0.joined(separator: ", ")))" } ?? ""),
            value: String(whole.value), units: support.map { trials.units[$0] }))
      }
    }
    return hits
  }

  /// - Parameter row: nil for all rows.
  /// - Returns: nil where one of its numbers is not shown.
  private func sum(
    of combination: OpenedCombination, in row: [String]?, _ parts: [Part], _ trials: UnitTrials
  ) -> Part? {
    guard let first = parts.first else { return nil }
    var whole = first.nothing
    let scales = combination.terms.map { scale(of: $0) }
    guard let most = scales.compactMap(\.self).max(), !scales.contains(nil) else { return nil }
    for (term, scale) in zip(combination.terms, scales) {
      let unit = BigInt(10).power(most - (scale ?? 0))
      let own = parts.filter { $0.place.result == term.result && $0.place.column == term.column }
      let taken = row.map { row in own.filter { $0.place.row == row } } ?? own
      if row != nil { guard taken.count == 1 else { return nil } }
      if row == nil { guard !taken.isEmpty, isWhole(term.result) else { return nil } }
      for part in taken {
        var times = term.times
        if term.timesKey != 0 {
          guard let key = part.place.row.first.flatMap({ BigInt($0) }) else { return nil }
          times += term.timesKey * key
        }
        whole = whole.less(part, times: -times * unit)
      }
    }
    return whole
  }

  /// All rows that there would be without a minimum are shown.
  private func isWhole(_ result: Int) -> Bool {
    guard let free else { return false }
    return free.keys.filter { $0.result == result } == base.keys.filter { $0.result == result }
  }

  /// Decimals of a column; nil where it is no number of these. A mean with its number of values is their sum, in whole numbers.
  private func scale(of term: OpenedCombination.Term) -> Int? {
    if columns[term.result][term.column].isMean { return 0 }
    return switch program.results[term.result].columns[term.column].format {
    case .integer: 0
    case .decimal(let scale), .rounded(let scale, _): scale
    default: nil
    }
  }
}
