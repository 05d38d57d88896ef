internal import BigInt
internal import ParleyBase

/// The canonical encoding of a program: what its hash is taken over. Every field of every part is written, each case
/// with a tag of its own, so two programs share an encoding only when they are equal.
extension Program {
  /// The whole encoding in memory; ``encode(_:)`` gives it piece by piece.
  package var canonicalBytes: [UInt8] {
    var bytes: [UInt8] = []
    encode { bytes += $0 }
    return bytes
  }

  /// Gives ``canonicalBytes`` piece by piece: the shapes of all nodes, written out, can be hundreds of megabytes.
  package func encode(_ give: ([UInt8]) -> Void) {
    var writer = CanonicalWriter()
    let shapes = ShapeEncodings()
    writer.write("parley program 1")
    writer.write(list: tables) { writer, table in
      writer.write(table.name)
      writer.write(list: table.holders) { $0.write($1) }
      writer.write(Int64(table.maximumRows))
    }
    writer.write(list: inputs) { writer, input in
      writer.write(Int64(input.table.rawValue))
      writer.write(input.column)
      writer.write(input.role.rawValue)
      writer.write(input.sort)
      writer.write(Int64(input.part))
      writer.write(input.formula != nil)
      input.formula?.encode(into: &writer)
    }
    writer.write(list: nodes) { writer, node in
      writer.write(node.operation, shapes)
      writer.write(node.type.sort)
      writer.write(node.type.shape, shapes)
      if writer.bytes.count > CanonicalWriter.pieceBytes { give(writer.take()) }
    }
    writer.write(list: disclosures) { writer, disclosure in
      writer.write(disclosure.name)
      writer.write(Int64(disclosure.node.rawValue))
      writer.write(list: disclosure.recipients) { $0.write($1) }
      let meaning: UInt8 =
        switch disclosure.meaning {
        case .statistic: 0
        case .recordValue: 1
        case .outcome: 2
        }
      writer.write(meaning)
      writer.write(disclosure.explanation)
    }
    writer.write(list: results) { $0.write($1) }
    writer.write(list: requirements) { writer, requirement in
      writer.write(Int64(requirement.violated.rawValue))
      writer.write(requirement.message)
      writer.write(requirement.remedy)
    }
    // Programs without any end before it.
    let known = Self.knownRanges(nodes)
    if !known.isEmpty {
      writer.write(list: known) { writer, known in
        writer.write(list: known.place) { $0.write(Int64($1)) }
        writer.write(known.range.lemma.rawValue)
      }
    }
    give(writer.take())
  }
}

/// Encodings of shapes that are put together from others: few different ones, each of many nodes.
private final class ShapeEncodings {
  var known: [Program.Shape: [UInt8]] = [:]
}

extension CanonicalWriter {
  /// About as long are the pieces of encodings that are given away while they are written.
  static var pieceBytes: Int { 1 << 16 }

  mutating func write(_ value: BigInt) {
    write(value < 0)
    write(Array(value.magnitude.serialize()))
  }
  fileprivate mutating func write(_ sort: Program.Sort) {
    switch sort {
    case .integer(let range):
      write(UInt8(0))
      write(range.lower)
      write(range.upper)
    case .bit: write(UInt8(1))
    }
  }
  fileprivate mutating func write(_ shape: Program.Shape, _ shapes: ShapeEncodings) {
    switch shape {
    case .rows(let table): return write(tag: 0, table.rawValue)
    case .fixed(let count): return write(tag: 1, count)
    case .concatenated, .first, .product: break
    }
    if let known = shapes.known[shape] { return append(encoded: known) }
    var writer = CanonicalWriter()
    switch shape {
    case .rows, .fixed: break
    case .concatenated(let parts):
      writer.write(tag: 2)
      writer.write(list: parts) { $0.write($1, shapes) }
    case .first(let count, let whole):
      writer.write(tag: 3, count)
      writer.write(whole, shapes)
    case .product(let outer, let inner):
      writer.write(tag: 4)
      writer.write(outer, shapes)
      writer.write(inner, shapes)
    }
    shapes.known[shape] = writer.bytes
    append(encoded: writer.bytes)
  }
  fileprivate mutating func write(tag: UInt8, _ values: Int...) {
    write(tag)
    for value in values { write(Int64(value)) }
  }
  fileprivate mutating func write(_ id: Program.DisclosureID?) { write(Int64(id?.rawValue ?? -1)) }

  fileprivate mutating func write(_ operation: Program.Operation, _ shapes: ShapeEncodings) {
    switch operation {
    case .input(let id): write(tag: 0, id.rawValue)
    case .constant(let value):
      write(UInt8(1))
      write(value)
    case .bitConstant(let value): write(tag: 2, value ? 1 : 0)
    case .add(let a, let b): write(tag: 3, a.rawValue, b.rawValue)
    case .subtract(let a, let b): write(tag: 4, a.rawValue, b.rawValue)
    case .multiply(let a, let b): write(tag: 5, a.rawValue, b.rawValue)
    case .scale(let a, let factor):
      write(tag: 6, a.rawValue)
      write(factor)
    case .compare(let comparison, let a, let b):
      let kind =
        switch comparison {
        case .less: 0
        case .lessOrEqual: 1
        case .equal: 2
        }
      write(tag: 7, kind, a.rawValue, b.rawValue)
    case .not(let a): write(tag: 8, a.rawValue)
    case .and(let a, let b): write(tag: 9, a.rawValue, b.rawValue)
    case .or(let a, let b): write(tag: 10, a.rawValue, b.rawValue)
    case .xor(let a, let b): write(tag: 11, a.rawValue, b.rawValue)
    case .select(let condition, let a, let b): write(tag: 12, condition.rawValue, a.rawValue, b.rawValue)
    case .integer(let bit): write(tag: 13, bit.rawValue)
    case .sum(let a): write(tag: 14, a.rawValue)
    case .innerProduct(let a, let b): write(tag: 15, a.rawValue, b.rawValue)
    case .extremum(let kind, let a): write(tag: 16, kind == .minimum ? 0 : 1, a.rawValue)
    case .any(let a): write(tag: 17, a.rawValue)
    case .quotient(let a, let b): write(tag: 18, a.rawValue, b.rawValue)
    case .squareRoot(let a): write(tag: 19, a.rawValue)
    case .truncate(let a, let bits): write(tag: 20, a.rawValue, bits)
    case .stack(let parts):
      write(UInt8(21))
      write(list: parts) { $0.write(Int64($1.rawValue)) }
    case .element(let a, let index): write(tag: 22, a.rawValue, index)
    case .matrixProduct(let a, let b, let rows, let inner, let columns):
      write(tag: 23, a.rawValue, b.rawValue, rows, inner, columns)
    case .spread(let a, let shape):
      write(tag: 24, a.rawValue)
      write(shape, shapes)
    case .concatenate(let parts):
      write(UInt8(25))
      write(list: parts) { $0.write(Int64($1.rawValue)) }
    case .shift(let a, let rows): write(tag: 26, a.rawValue, rows)
    case .prefix(let a, let count): write(tag: 27, a.rawValue, count)
    case .outer(let a, let shape):
      write(tag: 28, a.rawValue)
      write(shape, shapes)
    case .inner(let a, let shape):
      write(tag: 29, a.rawValue)
      write(shape, shapes)
    case .runningSum(let a): write(tag: 30, a.rawValue)
    case .sort(let keys, let payload):
      write(UInt8(31))
      write(list: keys) { writer, key in
        writer.write(Int64(key.value.rawValue))
        writer.write(key.isDescending)
      }
      write(list: payload) { $0.write(Int64($1.rawValue)) }
    case .shuffle(let payload):
      write(UInt8(32))
      write(list: payload) { $0.write(Int64($1.rawValue)) }
    case .scan(let items, let restart):
      write(tag: 33, restart.rawValue)
      write(list: items) { writer, item in
        writer.write(item.scan.rawValue)
        writer.write(Int64(item.value.rawValue))
      }
    case .component(let a, let index): write(tag: 34, a.rawValue, index)
    case .reversed(let a): write(tag: 35, a.rawValue)
    case .repeated(let loop):
      write(tag: 36, loop.count)
      for list in [loop.initial, loop.captured, loop.results] {
        write(list: list) { $0.write(Int64($1.rawValue)) }
      }
      write(list: loop.carried) { writer, type in
        writer.write(type.sort)
        writer.write(type.shape, shapes)
      }
      write(list: loop.body) { writer, node in
        writer.write(node.operation, shapes)
        writer.write(node.type.sort)
        writer.write(node.type.shape, shapes)
      }
    case .carried(let index): write(tag: 37, index)
    case .captured(let index): write(tag: 38, index)
    case .bit(let a, let place): write(tag: 41, a.rawValue, place)
    case .positional(let a, let sequence):
      write(tag: 42, a.rawValue)
      write(sequence)
    case .pick(let a, let places):
      write(tag: 43, a.rawValue)
      write(list: places) { $0.write(Int64($1)) }
    case .columnProduct(let left, let right):
      write(tag: 40)
      for list in [left, right] { write(list: list) { $0.write(Int64($1.rawValue)) } }
    case .productSum(let pairs):
      write(tag: 39)
      write(list: pairs) { writer, pair in
        writer.write(Int64(pair.a.rawValue))
        writer.write(Int64(pair.b.rawValue))
      }
    }
  }

  mutating func write(_ sequence: Program.PublicSequence) {
    switch sequence {
    case .index: write(tag: 0)
    case .reciprocal(let bits): write(tag: 1, bits)
    case .reciprocalBelow(let bits): write(tag: 2, bits)
    case .inverseSquare(let bits): write(tag: 3, bits)
    case .greenwood(let bits): write(tag: 4, bits)
    case .logSurvival(let bits): write(tag: 5, bits)
    case .numbers(let list):
      write(tag: 6)
      write(list: list) { $0.write($1) }
    }
  }

  fileprivate mutating func write(_ table: Program.ResultTable) {
    write(table.name)
    write(Int64(table.groupCount ?? -1))
    write(list: table.keys) { writer, key in
      writer.write(key.name)
      writer.write(list: key.labels) { writer, label in
        writer.write(label != nil)
        writer.write(label ?? "")
      }
    }
    write(list: table.columns) { writer, column in
      writer.write(column.name)
      writer.write(Int64(column.value.rawValue))
      writer.write(list: column.furtherParts) { $0.write(Int64($1.rawValue)) }
      writer.write(column.isNull)
      writer.write(column.format)
      writer.write(column.precision)
    }
    write(list: table.order) { $0.write(Int64($1)) }
    write(table.isAbsent)
    write(table.isWithheld)
    write(table.isNotEstimable)
    write(list: table.derived) { $0.write($1) }
    write(table.figure != nil)
    if let figure = table.figure { write(figure) }
    write(list: table.caption) { $0.write($1) }
    write(list: table.shown) { $0.write($1) }
  }

  fileprivate mutating func write(_ format: Program.ResultTable.Format) {
    switch format {
    case .integer: write(tag: 0)
    case .decimal(let scale): write(tag: 1, scale)
    case .date: write(tag: 2)
    case .boolean: write(tag: 3)
    case .category(let labels):
      write(tag: 4)
      write(list: labels) { $0.write($1) }
    case .text: write(tag: 5)
    case .timestamp: write(tag: 6)
    case .rounded(let scale, let places): write(tag: 7, scale, places)
    case .float(let significantBits): write(tag: 8, significantBits)
    }
  }
}
