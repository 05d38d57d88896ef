/// A column of which only the size is known.
package struct RowColumn: Hashable, Sendable {
  package init() {}
}

/// A machine that is driven by sizes: columns are counted and never read, local work is nothing, and nothing can fail. What is
/// left to say is what steps cost.
package protocol SizedRowMachine: RowMachine
where
  Word == RowColumn, Plane == RowColumn, Failure == Never, Compared == Int, Pairs == ComparisonSort.Batch,
  Outcomes == Void, Order == Void
{}

/// So many columns of words and planes.
package typealias SizedRows = RowValues<RowColumn, RowColumn>

extension RowValues where Word == RowColumn, Plane == RowColumn {
  package init(sizes words: Int, _ planes: Int) {
    self.init(
      words: Array(repeating: RowColumn(), count: words), planes: Array(repeating: RowColumn(), count: planes))
  }
  package init(sizeOf bundle: RowBundle) { self.init(sizes: bundle.arith.count, bundle.planes.count) }
}

extension SizedRowMachine {
  package func values(of bundle: RowBundle) -> Rows { RowValues(sizeOf: bundle) }
  package func refuse(_ reason: String) {}

  package func rowNumbers(_ count: Int, bits: Int) -> [RowColumn] { RowValues(sizes: 0, bits).planes }
  package func slice(_ rows: Rows, _ chunk: RowChunk) -> Rows { rows }
  package func concatenate(_ parts: [Rows]) -> Rows { parts.first ?? RowValues() }
  package func constant(_ value: UInt64, count: Int) -> RowColumn { RowColumn() }
  package func runningSum(_ word: RowColumn) -> RowColumn { word }
  package func total(_ word: RowColumn) -> RowColumn { word }
  package func linear(_ terms: [(RowColumn, UInt64)], constant: UInt64, count: Int) -> RowColumn { RowColumn() }

  package func pick(_ rows: Rows, from start: Int, every step: Int, count: Int) -> Rows { rows }
  package func interleave(_ parts: [Rows], count: Int) -> Rows { parts.first ?? RowValues() }
  package func slice(_ plane: RowColumn, start: Int, count: Int) -> RowColumn { plane }
  package func concatenate(planes: [RowColumn]) -> RowColumn { RowColumn() }
  package func interleave(planes: [RowColumn], count: Int) -> RowColumn { RowColumn() }
  package func constantPlane(_ value: Bool, count: Int) -> RowColumn { RowColumn() }

  package func compared(_ planes: [RowColumn]) -> Int { planes.count }
  package func count(of pairs: ComparisonSort.Batch) -> Int { pairs.size }

  // Moves cost nothing unless a machine says so.
  package mutating func gather(_ rows: Rows, _ order: Void, count: Int) -> Rows { rows }
  package mutating func split(_ rows: Rows, _ stage: MergeExchange.Stage) -> (low: Rows, high: Rows, rest: Rows) {
    (rows, rows, rows)
  }
  package mutating func join(_ low: Rows, _ high: Rows, _ rest: Rows, _ stage: MergeExchange.Stage) -> Rows { low }
  package mutating func sides(_ compared: Int, _ pairs: ComparisonSort.Batch, _ chunk: RowChunk) -> (
    low: Rows, high: Rows
  ) {
    let side = RowValues(sizes: 0, compared)
    return (side, side)
  }
}
