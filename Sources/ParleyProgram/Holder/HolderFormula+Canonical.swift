internal import ParleyBase

/// One encoding for every formula, with a tag for every case; texts are written as their bytes.
extension HolderFormula {
  var canonicalBytes: [UInt8] {
    var writer = CanonicalWriter()
    encode(into: &writer)
    return writer.bytes
  }

  func encode(into writer: inout CanonicalWriter) {
    func write(_ tag: UInt8, _ operands: Self...) {
      writer.write(tag)
      for operand in operands { operand.encode(into: &writer) }
    }
    switch self {
    case .column(let name):
      writer.write(UInt8(0))
      writer.write(name)
    case .constant(let value):
      writer.write(UInt8(1))
      writer.write(value)
    case .bit(let value):
      writer.write(UInt8(2))
      writer.write(value)
    case .null: writer.write(UInt8(3))
    case .add(let a, let b): write(4, a, b)
    case .subtract(let a, let b): write(5, a, b)
    case .multiply(let a, let b): write(6, a, b)
    case .scale(let a, let factor):
      write(7, a)
      writer.write(factor)
    case .floorQuotient(let a, let divisor):
      write(8, a)
      writer.write(divisor)
    case .truncatedQuotient(let a, let divisor):
      write(9, a)
      writer.write(divisor)
    case .compare(let comparison, let a, let b):
      writer.write(UInt8(10))
      writer.write(comparison.rawValue)
      a.encode(into: &writer)
      b.encode(into: &writer)
    case .not(let a): write(11, a)
    case .and(let a, let b): write(12, a, b)
    case .or(let a, let b): write(13, a, b)
    case .isNull(let a): write(14, a)
    case .choose(let branches, let otherwise):
      writer.write(UInt8(15))
      writer.write(list: branches) { writer, branch in
        branch.condition.encode(into: &writer)
        branch.value.encode(into: &writer)
      }
      otherwise.encode(into: &writer)
    case .coalesce(let parts):
      writer.write(UInt8(16))
      writer.write(list: parts) { $1.encode(into: &$0) }
    case .calendar(let function, let a):
      write(17, a)
      function.encode(into: &writer)
    case .floorRemainder(let a, let divisor):
      write(18, a)
      writer.write(divisor)
    case .like(let text, let pattern, let escape):
      writer.write(UInt8(20))
      text.encode(into: &writer)
      writer.write(pattern)
      writer.write(escape.map(String.init) ?? "")
    case .textCompare(let comparison, let a, let b):
      writer.write(UInt8(21))
      writer.write(comparison.rawValue)
      a.encode(into: &writer)
      b.encode(into: &writer)
    case .textIsNull(let text):
      writer.write(UInt8(22))
      text.encode(into: &writer)
    case .textPart(let text, let index):
      writer.write(UInt8(23))
      text.encode(into: &writer)
      writer.write(Int64(index))
    case .textDigest(let text, let index):
      writer.write(UInt8(24))
      text.encode(into: &writer)
      writer.write(Int64(index))
    case .textLength(let text):
      writer.write(UInt8(25))
      text.encode(into: &writer)
    case .textHolds(let a, let b, let place):
      writer.write(UInt8(26))
      a.encode(into: &writer)
      b.encode(into: &writer)
      writer.write(place.rawValue)
    }
  }
}

extension CalendarFunction {
  func encode(into writer: inout CanonicalWriter) {
    switch self {
    case .year: writer.write(UInt8(0))
    case .quarter: writer.write(UInt8(1))
    case .month: writer.write(UInt8(2))
    case .day: writer.write(UInt8(3))
    case .dayOfYear: writer.write(UInt8(4))
    case .months: writer.write(UInt8(5))
    case .monthStart: writer.write(UInt8(6))
    case .plusMonths(let count):
      writer.write(UInt8(7))
      writer.write(Int64(count))
    }
  }
}

extension HolderText {
  func encode(into writer: inout CanonicalWriter) {
    switch self {
    case .column(let name):
      writer.write(UInt8(0))
      writer.write(name)
    case .literal(let text):
      writer.write(UInt8(1))
      writer.write(text)
    case .substring(let text, let from, let length):
      writer.write(UInt8(2))
      text.encode(into: &writer)
      writer.write(Int64(from))
      writer.write(length != nil)
      writer.write(Int64(length ?? 0))
    case .null: writer.write(UInt8(3))
    case .changed(let text, let function):
      writer.write(UInt8(4))
      text.encode(into: &writer)
      function.encode(into: &writer)
    case .joined(let parts):
      writer.write(UInt8(5))
      writer.write(list: parts) { $1.encode(into: &$0) }
    case .choose(let branches, let otherwise):
      writer.write(UInt8(6))
      writer.write(list: branches) { writer, branch in
        branch.condition.encode(into: &writer)
        branch.text.encode(into: &writer)
      }
      otherwise.encode(into: &writer)
    case .coalesce(let parts):
      writer.write(UInt8(7))
      writer.write(list: parts) { $1.encode(into: &$0) }
    case .shown(let value, let format):
      writer.write(UInt8(8))
      value.encode(into: &writer)
      writer.write(format.shownTag)
    }
  }
}

extension Program.ResultTable.Format {
  /// Of the formats that ``HolderText/shown(_:_:)`` has, one number each.
  fileprivate var shownTag: Int64 {
    switch self {
    case .integer: 0
    case .date: -1
    case .boolean: -2
    case .decimal(let scale): Int64(scale)
    case .timestamp, .category, .text, .rounded, .float: -3
    }
  }
}
