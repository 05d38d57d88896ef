package import BigInt
import ParleyProgram

/// Counts of ranges of a column, and a sum or mean of that column over all rows: whoever asks looks for the numbers of withheld
/// ranges that go with both.
package struct OpenedBands: Hashable, Sendable {
  /// The result with the counts, and its column.
  package var counts: (result: Int, column: Int) { (places[0], places[1]) }
  /// The result with the sums, and its column.
  package var sums: (result: Int, column: Int) { (places[2], places[3]) }
  private var places: [Int]
  /// Values of one band: a band's first one is its key times this.
  package var width: BigInt
  /// The greatest value of the column; its least one is 0.
  package var greatest: BigInt
  /// Bands; see the properties.
  package init(
    counts: (result: Int, column: Int), sums: (result: Int, column: Int), width: BigInt, greatest: BigInt
  ) {
    places = [counts.result, counts.column, sums.result, sums.column]
    (self.width, self.greatest) = (width, greatest)
  }
}

extension InfluenceTest {
  /// More withheld bands than are tried: their numbers have too many choices.
  private static var mostBands: Int { 3 }

  /// Withheld bands of which the sum over all leaves one number, of fewer units than the minimum.
  func bandHits(_ parts: [Part]) -> [Hit] {
    guard let free else { return [] }
    return bands.flatMap { bands -> [Hit] in
      func sum(_ place: (result: Int, column: Int)) -> BigInt? {
        let own = parts.filter { $0.place.result == place.result && $0.place.column == place.column }
        return own.isEmpty ? nil : own.reduce(0) { $0 + $1.value }
      }
      let isWhole = free.keys.filter { $0.result == bands.sums.result }.isSubset(of: base.keys)
      guard isWhole, let total = sum(bands.sums) else { return [] }
      // The number of all rows is public.
      var all = BigInt(0)
      var open: [BigInt] = []
      var (least, most) = (BigInt(0), BigInt(0))
      func ends(_ key: BigInt) -> (BigInt, BigInt) {
        (key * bands.width, min(bands.greatest, key * bands.width + bands.width - 1))
      }
      for (place, count) in free.values
      where place.result == bands.counts.result && place.column == bands.counts.column {
        guard let key = place.row.first.flatMap({ BigInt($0) }) else { return [] }
        all += count
        if base.values[place] == nil {
          open.append(key)
        } else {
          (least, most) = (least + ends(key).0 * count, most + ends(key).1 * count)
        }
      }
      guard let shown = sum(bands.counts), !open.isEmpty, open.count <= Self.mostBands, all > shown else {
        return []
      }
      open.sort()
      var found = open.map { _ in Set<BigInt>() }
      func search(_ place: Int, _ left: BigInt, _ least: BigInt, _ most: BigInt, _ numbers: [BigInt]) {
        if place == open.count {
          guard left == 0, least <= total, total <= most else { return }
          for (index, number) in numbers.enumerated() { found[index].insert(number) }
          return
        }
        let (lower, upper) = ends(open[place])
        var number = BigInt(1)
        while number <= left {
          search(
            place + 1, left - number, least + lower * number, most + upper * number, numbers + [number])
          number += 1
        }
      }
      search(0, all - shown, least, most, [])
      return zip(open, found).compactMap { key, numbers in
        guard numbers.count == 1, let number = numbers.first, number < BigInt(minimum) else { return nil }
        let (bandName, sumName) = (
          program.results[bands.counts.result].name, program.results[bands.sums.result].name
        )
        return Hit(
          kind: .band, what: "rows of the withheld band \(key) of \(bandName), by what \(sumName) adds up",
          value: String(number), units: [])
      }
    }
  }
}
