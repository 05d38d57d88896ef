internal import BigInt
internal import ParleyBase

/// Sorts, shuffles and scans: every column goes through in the forms in which it is needed afterwards
/// (docs/protocols/sorting.md).
extension Lowering {
  /// In which forms a number is wanted.
  struct Forms: Hashable {
    var arith = false
    var bits = false
  }

  /// The columns of a tuple once it has been computed.
  struct TupleColumns {
    struct Column {
      var arith: ArithRegister?
      var bits: [Bit]?
    }
    var columns: [Column]
  }

  func tupleArith(
    _ tuple: Program.NodeID, _ index: Int, like id: Program.NodeID
  ) throws(ParleyError) -> ArithRegister {
    let column = try columns(of: tuple)[index]
    if let register = column.arith { return register }
    return try arithFromBits(try word(id), like: program[id].type)
  }

  func tupleBits(
    _ tuple: Program.NodeID, _ index: Int, like id: Program.NodeID, width: Int?
  ) throws(ParleyError) -> [Bit] {
    let column = try columns(of: tuple)[index]
    if let bits = column.bits { return width.map { Word(bits).resized($0).bits } ?? bits }
    guard let width, let register = column.arith else {
      throw ParleyError(.invariant, "a column of a tuple has no bits")
    }
    return try wordFromArith(register, width: width).bits
  }

  private func columns(of id: Program.NodeID) throws(ParleyError) -> [TupleColumns.Column] {
    if let known = tuples[id] { return known.columns }
    let before = emitter.node
    emitter.node = id.rawValue
    defer { emitter.node = before }
    let columns: [TupleColumns.Column]
    let length = length(program[id].type.shape)
    switch program[id].operation {
    case .shuffle(let payload):
      let indexBits = indexBits(program[id].type.shape)
      columns = try carry(payload, id, length) { rows in
        guard !descriptor.shuffles else { return emitter.shuffle(rows, length) }
        // Sorted by keys that nobody knows, of which two are equal with probability 2^-41 at most.
        let keys = emitter.randomPlanes(40 + 2 * indexBits, length)
        return network(rows, keys, indexBits: indexBits, length)
      }
    case .sort(let keys, let payload):
      let planes = try sortKeys(keys, length)
      let indexBits = indexBits(program[id].type.shape)
      columns = try carry(payload, id, length) { rows in
        guard !planes.isEmpty else { return rows }
        guard descriptor.shuffles else { return network(rows, planes, indexBits: indexBits, length) }
        switch sortWay(rows, planes, program[id].type.shape) {
        // How many comparisons a random order asks for is chance, and what is prepared must be known before.
        case .comparisons where !descriptor.correlations.isEmpty:
          return network(rows, planes, indexBits: indexBits, length)
        case .comparisons: return emitter.sort(rows, keys: planes, indexBits: indexBits, length)
        case .radix: return emitter.radix(rows, keys: planes, length, word: wordOfBit)
        case .radixWithRows: return radixWithRows(rows, planes, length)
        }
      }
    case .scan(let items, let restart): columns = try scan(items, restart, id, length)
    case .repeated(let loop): columns = try repeated(loop, id)
    default: throw ParleyError(.invariant, "a column of what is no tuple")
    }
    tuples[id] = TupleColumns(columns: columns)
    return columns
  }

  // MARK: Sorting and shuffling

  /// Sends the columns through `move` in the forms wanted of them.
  private func carry(
    _ payload: [Program.NodeID], _ id: Program.NodeID, _ length: Length,
    _ move: (RowBundle) -> RowBundle
  ) throws(ParleyError) -> [TupleColumns.Column] {
    var rows = RowColumns(length: length)
    var places: [(word: Int?, bits: [RowColumns.Slot]?)] = []
    for (index, column) in payload.enumerated() {
      let forms = wantedForms(id, index, column)
      var place: (word: Int?, bits: [RowColumns.Slot]?) = (nil, nil)
      if forms.arith { place.word = rows.add(try arith(column), emitter) }
      if forms.bits {
        let width = program[column].type.isBit ? nil : program[column].type.range.signedWidth
        place.bits = try bits(of: column, width: width).map { rows.add($0, emitter) }
      }
      places.append(place)
    }
    let out = move(rows.bundle)
    return places.map { place in
      .init(
        arith: place.word.map { out.arith[$0] }, bits: place.bits?.map { RowColumns.bit($0, in: out) })
    }
  }

  private func sortWay(_ rows: RowBundle, _ keys: [PlaneRegister], _ shape: Program.Shape) -> SortWay {
    // Places are counted in words.
    guard descriptor.hasWords, keys.count <= RadixDigit.longestKey else { return .comparisons }
    if let way = options.sortWay { return way }
    return SortChoice(
      descriptor, rows: Int(clamping: program.largestCount(of: shape)), keyBits: keys.count,
      words: rows.arith.count,
      planes: rows.planes.count, movedPlanes: Instruction.Kind.movedPlanes(keys: keys, rows).count
    ).best
  }

  /// Digit by digit, each by a sort of its own that moves the rows, and what is to come of the keys.
  private func radixWithRows(
    _ rows: RowBundle, _ keys: [PlaneRegister], _ length: Length
  ) -> RowBundle {
    var rows = rows
    var keys = keys
    while !keys.isEmpty {
      let digit = Array(keys.prefix(RadixDigit.widest))
      keys.removeFirst(digit.count)
      let moved = RowBundle(arith: rows.arith, planes: Instruction.Kind.movedPlanes(keys: keys, rows))
      let out = emitter.radix(moved, keys: digit, length, word: wordOfBit)
      let place = Dictionary(uniqueKeysWithValues: zip(moved.planes, out.planes))
      rows = RowBundle(arith: out.arith, planes: rows.planes.map { place[$0] ?? $0 })
      keys = keys.map { place[$0] ?? $0 }
    }
    return rows
  }

  private func network(
    _ rows: RowBundle, _ keys: [PlaneRegister], indexBits: Int, _ length: Length
  ) -> RowBundle {
    emitter.network(rows, keys: keys, indexBits: indexBits, length, word: wordOfBit)
  }

  /// a + b - 2ab folds the engine's XOR summands, as in ``arithBit(_:)``.
  private func wordOfBit(in inner: Emitter, _ bit: PlaneRegister) -> ArithRegister {
    let summands = inner.bitSummands(bit, count: descriptor.booleanSummands)
    return summands.dropFirst().reduce(summands[0]) { sum, next in
      inner.linear([(sum, 1), (next, 1), (inner.multiply(sum, next), UInt64(bitPattern: -2))])
    }
  }

  /// The planes of all keys as one unsigned number, least significant first. The order of two's complement is unsigned
  /// order with the sign inverted; descending is ascending with all bits inverted. Public bits order nothing.
  private func sortKeys(_ keys: [Program.SortKey], _ length: Length) throws(ParleyError) -> [PlaneRegister] {
    var planes: [PlaneRegister] = []
    let number = emitter.registers.number(of: length)
    for key in keys.reversed() {
      let type = program[key.value].type
      var bits = try bits(of: key.value, width: type.isBit ? nil : type.range.signedWidth)
      if !type.isBit { bits[bits.count - 1] = !bits[bits.count - 1] }
      for bit in bits where bit.known == nil {
        planes.append(emitter.materialised(key.isDescending ? !bit : bit, number: number))
      }
    }
    return planes
  }

  /// Bits that number as many rows as the shape can have.
  private func indexBits(_ shape: Program.Shape) -> Int {
    max(1, (program.largestCount(of: shape) - 1).bitWidthUnsigned)
  }

  // MARK: Scans

  /// Planes carry bits, minima, maxima and first values; ring words carry sums, and first values that are wanted as
  /// words. Without words planes carry sums as well. A row's flag says that a segment begins at it.
  private func scan(
    _ items: [Program.ScanItem], _ restart: Program.NodeID, _ id: Program.NodeID, _ length: Length
  ) throws(ParleyError) -> [TupleColumns.Column] {
    let flag = emitter.or(try bit(restart), emitter.firstRow(length))
    let forms = items.enumerated().map { wantedForms(id, $0, $1.value) }
    var columns = items.map { _ in TupleColumns.Column() }

    let inWords = items.indices.filter {
      descriptor.hasWords && items[$0].scan == .sum || items[$0].scan == .first && forms[$0].arith
    }
    if !inWords.isEmpty {
      // (F, w) is 1 - flag and the value so far, w masked by the flag at first values: w = w2 + F2·w1.
      let word = emitter.spread(try arithBit(flag), length)
      var rows = RowBundle(arith: [emitter.linear([(word, .max)], constant: 1)])
      for index in inWords {
        let value = emitter.spread(try arith(items[index].value), length)
        rows.arith.append(items[index].scan == .sum ? value : emitter.multiply(word, value))
      }
      let out = emitter.scan(rows, length) { inner, low, high in
        var result = RowBundle(arith: [inner.multiply(low.arith[0], high.arith[0])])
        for index in rows.arith.indices.dropFirst() {
          let kept = inner.multiply(high.arith[0], low.arith[index])
          result.arith.append(inner.linear([(high.arith[index], 1), (kept, 1)]))
        }
        return result
      }
      for (place, index) in inWords.enumerated() { columns[index].arith = out.arith[place + 1] }
    }

    let inPlanes = items.indices.filter {
      (items[$0].scan != .sum || !descriptor.hasWords) && (items[$0].scan != .first || forms[$0].bits)
    }
    if !inPlanes.isEmpty {
      let slots = try planeScan(inPlanes.map { items[$0] }, flag, length)
      for (index, bits) in zip(inPlanes, slots) { columns[index].bits = bits }
    }
    return columns
  }

  /// Bits of each item after the scan: (f1, v1) ∘ (f2, v2) = (f1 ∨ f2, f2 ? v2 : op(v1, v2)).
  private func planeScan(
    _ items: [Program.ScanItem], _ flag: Bit, _ length: Length
  ) throws(ParleyError) -> [[Bit]] {
    var rows = RowColumns(length: length)
    _ = rows.add(.plane(emitter.materialised(flag, length: length)), emitter)
    var slots: [[RowColumns.Slot]] = []
    for item in items {
      let type = program[item.value].type
      if item.scan == .sum {
        // Every bit of the largest sum is secret, those above the value's own too.
        let bits = try bits(of: item.value, width: sumWidth(type.range, type.shape))
        slots.append(bits.map { rows.add(.plane(emitter.materialised($0, length: length)), emitter) })
        continue
      }
      let bits = try bits(of: item.value, width: type.isBit ? nil : type.range.signedWidth)
      slots.append(bits.map { rows.add($0, emitter) })
    }
    // The flag comes first, then the secret bits of every item.
    var state = RowBundle(planes: [rows.bundle.planes[0]])
    var places: [[RowColumns.Slot]] = []
    for list in slots {
      places.append(
        list.map { slot in
          guard case .plane(let index, let isInverted) = slot else { return slot }
          state.planes.append(rows.bundle.planes[index])
          return .plane(state.planes.count - 1, isInverted: isInverted)
        })
    }
    let out = emitter.scan(state, length) { inner, low, high in
      let begins = Bit.plane(high.planes[0])
      var result = RowBundle(planes: [
        inner.materialised(inner.or(.plane(low.planes[0]), begins), length: .half)
      ])
      for (item, list) in zip(items, places) {
        let a = list.map { RowColumns.bit($0, in: low) }, b = list.map { RowColumns.bit($0, in: high) }
        let both = inner.combined(item.scan, a, b)
        for (position, slot) in list.enumerated() {
          guard case .plane(_, let isInverted) = slot else { continue }
          let bit = inner.select(begins, b[position], both[position])
          result.planes.append(inner.materialised(isInverted ? !bit : bit, length: .half))
        }
      }
      return result
    }
    return zip(items, places).map { item, list in
      let bits = list.map { RowColumns.bit($0, in: out) }
      return item.scan == .sum && program[item.value].type.range.lower >= 0 ? Word(unsigned: bits).bits : bits
    }
  }

  /// Bits of the sum of all elements and of any of them; the sign is left out where there is none.
  func sumWidth(_ range: Interval, _ shape: Program.Shape) -> Int {
    let width = range.summed(count: program.largestCount(of: shape)).signedWidth
    return range.lower < 0 ? width : max(width - 1, 1)
  }
}

extension Emitter {
  /// What two rows of one segment carry on.
  fileprivate func combined(_ scan: Program.Scan, _ a: [Bit], _ b: [Bit]) -> [Bit] {
    switch scan {
    case .first: a
    case .sum: add(a, b)
    case .any: [or(a[0], b[0])]
    case .minimum: select(less(Word(a), Word(b)), Word(a), Word(b)).bits
    case .maximum: select(less(Word(a), Word(b)), Word(b), Word(a)).bits
    }
  }
}

extension Program {
  /// The largest number of elements of a shape.
  func largestCount(of shape: Shape) -> BigInt {
    switch shape {
    case .rows(let table): BigInt(tables[table.rawValue].maximumRows)
    case .fixed(let count): BigInt(count)
    case .concatenated(let parts): parts.reduce(0) { $0 + largestCount(of: $1) }
    case .first(let count, let whole): min(BigInt(count), largestCount(of: whole))
    case .product(let outer, let inner): largestCount(of: outer) * largestCount(of: inner)
    }
  }
}
