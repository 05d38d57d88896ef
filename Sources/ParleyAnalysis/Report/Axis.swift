internal import Glibc

/// An axis: which numbers it reaches over, where its marks are, and where a number stands on it.
struct Axis {
  /// A number with its text.
  struct Mark {
    var value: Double
    var text: String
  }
  var low: Double
  var high: Double
  var isLogarithmic: Bool
  /// The line's ends.
  var from: Double
  var to: Double
  var marks: [Mark]

  /// An axis over all of the numbers, with some five marks at round numbers.
  ///
  /// - Parameter reachesMarks: whether the axis ends at marks; otherwise where the numbers do.
  init(over numbers: [Double], from: Double, to: Double, marks count: Int = 5, reachesMarks: Bool = true) {
    (isLogarithmic, self.from, self.to) = (false, from, to)
    let least = numbers.min() ?? 0, most = numbers.max() ?? 1
    let span = most > least ? most - least : max(abs(most), 1)
    let rough = span / Double(max(count, 1))
    let power = pow(10, floor(log10(rough)))
    let step = ([1, 2, 5].first { $0 * power >= rough * 0.999 } ?? 10) * power
    let first = (least / step + 1e-9).rounded(.down), last = (most / step - 1e-9).rounded(.up)
    low = reachesMarks || most <= least ? first * step : least
    high = reachesMarks || most <= least ? max(last, first + 1) * step : most
    let places = max(0, -Int(floor(log10(step) + 1e-9)))
    let (low, high) = (low, high)
    marks = (0...min(max(Int(last - first), 1), 50)).compactMap { index in
      let value = (first + Double(index)) * step
      guard value >= low - span * 1e-9, value <= high + span * 1e-9 else { return nil }
      let text =
        abs(value) < 1e6 && places <= 6 ? NumberText.decimals(value, places) : NumberText.significant(value, 3)
      return Mark(value: value, text: text)
    }
  }

  /// A logarithmic axis over positive numbers, with marks at 1, 2 and 5 times powers of ten, or powers alone where these are many.
  init(logarithmicOver numbers: [Double], from: Double, to: Double) {
    (isLogarithmic, self.from, self.to) = (true, from, to)
    let least = numbers.min() ?? 0.5, most = numbers.max() ?? 2
    let first = Int(floor(log10(least))) - 1, last = Int(ceil(log10(most))) + 1
    func powers(_ factors: [Double]) -> [Double] {
      (first...last).flatMap { power in factors.map { $0 * pow(10, Double(power)) } }
    }
    // From the last mark below the numbers to the first above; powers alone where there would be many.
    func ends(_ all: [Double]) -> ArraySlice<Double> {
      let start = all.lastIndex { $0 <= least * 1.0000001 } ?? 0
      let end = all.firstIndex { $0 >= most * 0.9999999 } ?? all.count - 1
      return all[start...max(end, min(start + 1, all.count - 1))]
    }
    var kept = Array(ends(powers([1, 2, 5])))
    if kept.count > 9 { kept = Array(ends(powers([1]))) }
    low = kept[0]
    high = kept[kept.count - 1]
    let stride = kept.count / 12 + 1
    kept = kept.indices.filter { $0 % stride == 0 }.map { kept[$0] }
    marks = kept.map { value in
      let text =
        value >= 1
        ? (value < 1e6 ? NumberText.decimals(value, 0) : NumberText.significant(value, 1))
        : value >= 0.001
          ? NumberText.decimals(value, -Int(floor(log10(value) + 1e-9))) : NumberText.significant(value, 1)
      return Mark(value: value, text: text)
    }
  }

  /// Where a number stands; beyond the ends at the ends.
  func place(_ value: Double) -> Double {
    let share =
      isLogarithmic
      ? (log(max(value, low / 10)) - log(low)) / (log(high) - log(low)) : (value - low) / (high - low)
    return from + (to - from) * min(max(share.isFinite ? share : 0, 0), 1)
  }
}
