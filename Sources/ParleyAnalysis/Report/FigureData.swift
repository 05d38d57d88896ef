internal import ParleyProgram

/// The numbers of a figure, from the cells of its result; what has no number is left out. Numbers come from others: those that no axis
/// could hold are left out too, and so is what is beyond ``most`` of a kind.
package struct FigureData: Sendable {
  /// More is not drawn.
  static let most = (curves: 12, rows: 100, ranges: 400)

  struct Point: Sendable {
    var time: Double
    var value: Double
    var lower: Double?
    var upper: Double?
    var atRisk: Double?
  }
  struct Curve: Sendable {
    var name: String
    var points: [Point]
  }
  struct Estimate: Sendable {
    var label: String
    var value: Double
    var lower: Double
    var upper: Double
  }
  struct Range: Sendable {
    var from: Double
    var to: Double
    var count: Double
  }
  struct Bar: Sendable {
    var label: String
    var group: String
    var value: Double
    var lower: Double?
    var upper: Double?
  }

  let sheet: ReportSheet
  /// - Parameter sheet: with its derived columns.
  package init(_ sheet: ReportSheet) { self.sheet = sheet }

  /// Numbers of a magnitude that axes hold; next to 0 they are 0.
  private func number(_ row: Int, _ heading: String?) -> Double? {
    heading.flatMap { sheet.number(row, $0) }.flatMap { abs($0) > 1e100 ? nil : abs($0) < 1e-100 ? 0 : $0 }
  }

  private var rows: Swift.Range<Int> { sheet.table.rows.indices }

  /// Curves in the order in which their groups come, points by time.
  func curves(_ steps: Figure.Steps) -> [Curve] {
    var curves: [Curve] = []
    for row in rows {
      guard let time = number(row, steps.time), let value = number(row, steps.value) else { continue }
      let name = steps.by.flatMap { sheet.text(row, $0) } ?? ""
      let point = Point(
        time: time, value: value, lower: number(row, steps.lower), upper: number(row, steps.upper),
        atRisk: number(row, steps.atRisk))
      if let known = curves.firstIndex(where: { $0.name == name }) {
        curves[known].points.append(point)
      } else if curves.count < Self.most.curves {
        curves.append(Curve(name: name, points: [point]))
      }
    }
    for index in curves.indices { curves[index].points.sort { $0.time < $1.time } }
    return curves
  }

  func estimates(_ forest: Figure.Forest) -> [Estimate] {
    let all = rows.lazy.compactMap { row -> Estimate? in
      guard let value = number(row, forest.estimate), let lower = number(row, forest.lower),
        let upper = number(row, forest.upper), lower <= value, value <= upper,
        !forest.isLogarithmic || lower > 0
      else { return nil }
      return Estimate(label: sheet.text(row, forest.label) ?? "", value: value, lower: lower, upper: upper)
    }
    return Array(all.prefix(Self.most.rows))
  }

  func ranges(_ histogram: Figure.Histogram) -> [Range] {
    let all = rows.lazy.compactMap { row -> Range? in
      guard let from = number(row, histogram.from), let to = number(row, histogram.to), from < to,
        let count = number(row, histogram.count), count >= 0
      else { return nil }
      return Range(from: from, to: to, count: count)
    }
    return Array(all.prefix(Self.most.ranges))
  }

  func bars(_ bars: Figure.Bars) -> [Bar] {
    let all = rows.lazy.compactMap { row -> Bar? in
      guard let value = number(row, bars.value) else { return nil }
      return Bar(
        label: sheet.text(row, bars.label) ?? "", group: bars.by.flatMap { sheet.text(row, $0) } ?? "",
        value: value,
        lower: number(row, bars.lower), upper: number(row, bars.upper))
    }
    return Array(all.prefix(Self.most.rows))
  }
}

extension Sequence where Element: Hashable {
  /// Each once, in the order in which they come first.
  var distinct: [Element] {
    var seen = Set<Element>()
    return filter { seen.insert($0).inserted }
  }
}
