internal import BigInt

/// Sums over rows in bits.
extension Emitter {
  /// The sum over rows of numbers given as columns of bits, of rows `results` at a time: row i counts towards element
  /// i mod results. Modulo 2^width, in two numbers that are left to be added.
  ///
  /// - Parameter length: of the rows. Columns may have one element, which then counts in every row.
  func sumRows(_ matrix: BitMatrix, _ length: Length, results: Int = 1) -> BitMatrix {
    var result = BitMatrix(width: matrix.width)
    // Below the first bit there is nothing to add.
    let lowest = matrix.columns.indices.first { weight in
      !matrix.columns[weight].isEmpty || BitSum.constant(matrix.offset, rows: 1, width: weight + 1)[weight]
    }
    guard let lowest else { return result }
    if length == .fixed(results) {
      result.add(matrix, shift: 0)
      return result
    }
    let number = registers.number(of: length)
    let columns = matrix.columns[lowest...].map { column in column.map { materialised($0, number: number) } }
    let short = registers.number(of: .fixed(results))
    let out = (0..<2).map { _ in columns.map { _ in newPlane(number: short) } }
    let sum = BitSum(columns: columns, offset: matrix.offset >> lowest, out: out)
    emit(
      .general(
        .init(
          .sum(.pending, [sum], results: results), arithIn: [], planesIn: columns.flatMap(\.self), arithOut: [],
          planesOut: out.flatMap(\.self), functions: [fullAdder()])), length)
    for number in out {
      for (place, plane) in number.enumerated() { result.add(.plane(plane), weight: lowest + place) }
    }
    return result
  }

  /// Of two planes and one the sum and the carry.
  private func fullAdder() -> PendingFunction {
    let inner = Emitter(registers: registers, node: node)
    let low = RowBundle(planes: [inner.newPlane(.half), inner.newPlane(.half)])
    let high = RowBundle(planes: [inner.newPlane(.half)])
    let (sum, carry) = inner.fullAdder(.plane(low.planes[0]), .plane(low.planes[1]), .plane(high.planes[0]))
    let planes = [sum, carry ?? .zero].map { inner.materialised($0, length: .half) }
    return PendingFunction(low: low, high: high, result: RowBundle(planes: planes), operations: inner.operations)
  }

  /// Sums of rows 0 … i modulo 2^(number of bits).
  func runningSum(_ bits: [Bit], _ length: Length) -> [Bit] {
    let number = registers.number(of: length)
    let rows = RowBundle(planes: bits.map { materialised($0, number: number) })
    let out = scan(rows, length) { inner, low, high in
      RowBundle(
        planes: inner.add(low.planes.map(Bit.plane), high.planes.map(Bit.plane)).map {
          inner.materialised($0, length: .half)
        })
    }
    return out.planes.map(Bit.plane)
  }
}
