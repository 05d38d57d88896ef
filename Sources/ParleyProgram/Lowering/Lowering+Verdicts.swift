internal import BigInt
internal import ParleyBase

/// What the computing parties learn before anything else is opened, computed where no holder can influence it: whether what
/// holders shared is within the declared ranges, and whether the joint data meet what the program requires of them
/// (docs/protocols/session.md#verdicts, docs/proofs/range-checks.md).
extension Lowering {
  /// Opens one bit for each table and holder whose rows are checked and then one for each requirement of the program. With
  /// rows out of range nothing that was computed means anything: then the bits of the requirements are 0.
  ///
  /// - Parameter onRows: whether holders' rows are checked.
  func openVerdicts(onRows: Bool) throws(ParleyError) -> [LoweredProgram.Verdict] {
    var verdicts: [LoweredProgram.Verdict] = []
    var bad: [Bit] = []
    if onRows { (verdicts, bad) = try rowVerdicts() }
    var planes = bad.map { emitter.materialised($0) }
    let areInRange = emitter.all(bad.map { !$0 })
    for requirement in program.requirements {
      let node = program[requirement.violated]
      guard node.type.isBit, node.type.shape == .scalar else {
        throw ParleyError(.invariant, "a requirement is not one bit")
      }
      emitter.node = requirement.violated.rawValue
      planes.append(
        emitter.materialised(emitter.all([try bit(requirement.violated), areInRange]), length: .fixed(1)))
    }
    guard let first = planes.first else { return [] }
    emitter.node = nil
    let length = Length.fixed(planes.count)
    var opened = first
    if planes.count > 1 {
      opened = emitter.newPlane(length)
      emitter.emit(.stackPlanes([planes], out: [opened]), length, planesIn: planes, planesOut: [opened])
    }
    emitter.emit(.openVerdicts(opened), length, planesIn: [opened])
    return verdicts
  }

  /// One bit for each table and holder: 1 if any of its rows has a checked column out of range.
  ///
  /// Flags and Booleans are one shared bit, and a column in bits is within a power of two by its form; both are valid by
  /// construction. A table all of whose columns are needs no verdict.
  private func rowVerdicts() throws(ParleyError) -> (verdicts: [LoweredProgram.Verdict], bad: [Bit]) {
    emitter.node = nil
    var conditions: [Int: [Bit]] = [:]
    for input in (forms ?? [:]).keys.sorted() {
      try checkSize(at: nil)
      guard let isInRange = try rangeCheck(input) else { continue }
      conditions[program.inputs[input].table.rawValue, default: []].append(isInRange)
    }
    var verdicts: [LoweredProgram.Verdict] = []
    var found: [Bit] = []
    for (table, list) in conditions.sorted(by: { $0.key < $1.key }) {
      let bad = !emitter.all(list)
      let holders = program.tables[table].holders
      for (index, holder) in holders.enumerated() {
        let length = holders.count == 1 ? Length.rows(table: table) : .part(index, table: table)
        let own = holders.count == 1 ? bad : emitter.slice(bad, length)
        found.append(emitter.any(own, length: length))
        verdicts.append(.init(table: table, tableName: program.tables[table].name, holder: holder))
      }
    }
    return (verdicts, found)
  }

  /// A bit that is 1 where the column is in its range, nil where it cannot be out of it.
  private func rangeCheck(_ input: Int) throws(ParleyError) -> Bit? {
    guard case .integer(let range) = program.inputs[input].sort else { return nil }
    let layout = BitLayout(range)
    let lower = range.lower - layout.offset, upper = range.upper - layout.offset
    let isFull = lower == 0 && upper == (BigInt(1) << layout.width) - 1
    if isFull, forms?[input] == .bits || layout.width >= 64 { return nil }
    // Columns in words have their bits computed here at the latest; all conditions are on the same bits.
    _ = try wordInput(input)
    var conditions: [Bit] = []
    if let fits = inputs.fits[input] { conditions.append(fits) }
    guard let bits = inputs.magnitudes[input] else { return nil }
    if lower > 0 { conditions.append(!emitter.lessUnsigned(bits, Self.bits(of: lower, width: layout.width))) }
    if upper + 1 < BigInt(1) << layout.width {
      conditions.append(emitter.lessUnsigned(bits, Self.bits(of: upper + 1, width: layout.width)))
    }
    return emitter.all(conditions)
  }

  private static func bits(of value: BigInt, width: Int) -> [Bit] {
    (0..<width).map { .constant((value.magnitude >> $0) & 1 == 1) }
  }
}
