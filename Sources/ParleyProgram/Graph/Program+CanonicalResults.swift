internal import ParleyBase

/// What recipients compute and draw, in the canonical encoding of a program.
extension CanonicalWriter {
  mutating func write(_ derived: Derived) {
    write(derived.name)
    write(derived.formula)
    write(derived.style)
  }

  mutating func write(_ caption: Caption) {
    switch caption {
    case .text(let text):
      write(UInt8(0))
      write(text)
    case .number(let formula, let style, let unit):
      write(UInt8(1))
      write(formula)
      write(style)
      write(unit)
    }
  }

  private mutating func write(_ style: Derived.Style) {
    switch style {
    case .significant(let digits):
      write(UInt8(0))
      write(Int64(digits))
    case .decimals(let places):
      write(UInt8(1))
      write(Int64(places))
    case .probability: write(UInt8(2))
    }
  }

  private mutating func write(_ text: String?) {
    write(text != nil)
    if let text { write(text) }
  }

  private mutating func write(_ number: Double) { write(number.bitPattern) }

  private mutating func write(_ formula: Formula) {
    switch formula {
    case .constant(let value):
      write(UInt8(0))
      write(value)
    case .column(let name):
      write(UInt8(1))
      write(name)
    case .cell(let table, let column, let row):
      write(UInt8(2))
      write(table)
      write(column)
      write(Int64(row))
    case .total(let table, let body):
      write(UInt8(3))
      write(table)
      write(body)
    case .first(let table, let value, let condition):
      write(UInt8(4))
      write(table)
      write(value)
      write(condition)
    case .outer(let body):
      write(UInt8(5))
      write(body)
    case .isText(let column, let text):
      write(UInt8(6))
      write(column)
      write(text)
    case .isSameText(let column, let outer):
      write(UInt8(7))
      write(column)
      write(outer)
    case .quadraticForm(let table, let vector, let matrix):
      write(UInt8(8))
      write(table)
      write(vector)
      write(list: matrix) { $0.write($1) }
    case .apply(let function, let operands):
      write(UInt8(9))
      write(function.rawValue)
      write(list: operands) { $0.write($1) }
    }
  }

  mutating func write(_ figure: Figure) {
    write(figure.title)
    write(figure.horizontal)
    write(figure.vertical)
    switch figure.kind {
    case .steps(let steps):
      write(UInt8(0))
      write(steps.time)
      write(steps.value)
      for heading in [steps.lower, steps.upper, steps.atRisk, steps.by] { write(heading) }
      write(steps.start)
    case .forest(let forest):
      write(UInt8(1))
      for heading in [forest.label, forest.estimate, forest.lower, forest.upper] { write(heading) }
      write(forest.reference)
      write(forest.isLogarithmic)
    case .histogram(let histogram):
      write(UInt8(2))
      for heading in [histogram.from, histogram.to, histogram.count] { write(heading) }
    case .bars(let bars):
      write(UInt8(3))
      write(bars.label)
      write(bars.value)
      for heading in [bars.by, bars.lower, bars.upper] { write(heading) }
    }
  }
}
