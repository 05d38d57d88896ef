import BigInt
import ParleyNumerics

/// Small matrices of fractions, exactly.
struct ExactMatrix {
  var order: Int
  /// Row-major.
  var entries: [Rational]

  init(_ order: Int, _ entry: (Int, Int) -> Rational) {
    self.order = order
    entries = (0..<order * order).map { entry($0 / order, $0 % order) }
  }
  subscript(row: Int, column: Int) -> Rational { entries[row * order + column] }

  func times(_ vector: [Rational]) -> [Rational] {
    (0..<order).map { row in (0..<order).reduce(Rational(0)) { $0 + self[row, $1] * vector[$1] } }
  }
  func times(_ other: ExactMatrix) -> ExactMatrix {
    ExactMatrix(order) { row, column in
      (0..<order).reduce(Rational(0)) { $0 + self[row, $1] * other[$1, column] }
    }
  }
  func minus(_ other: ExactMatrix) -> ExactMatrix {
    ExactMatrix(order) { self[$0, $1] - other[$0, $1] }
  }
  static func identity(_ order: Int) -> ExactMatrix { ExactMatrix(order) { $0 == $1 ? 1 : 0 } }

  /// Gauss and Jordan; nil where there is none.
  var inverse: ExactMatrix? {
    var left = (0..<order).map { row in (0..<order).map { self[row, $0] } }
    var right = (0..<order).map { row in (0..<order).map { Rational(row == $0 ? 1 : 0) } }
    for column in 0..<order {
      guard let pivot = (column..<order).first(where: { left[$0][column] != 0 }) else { return nil }
      left.swapAt(column, pivot)
      right.swapAt(column, pivot)
      let scale = Rational(1) / left[column][column]
      left[column] = left[column].map { $0 * scale }
      right[column] = right[column].map { $0 * scale }
      for row in 0..<order where row != column && left[row][column] != 0 {
        let factor = left[row][column]
        for k in 0..<order {
          left[row][k] = left[row][k] - factor * left[column][k]
          right[row][k] = right[row][k] - factor * right[column][k]
        }
      }
    }
    return ExactMatrix(order) { right[$0][$1] }
  }
}
