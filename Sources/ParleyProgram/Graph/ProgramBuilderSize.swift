package import ParleyBase

/// Bounds on programs, so that building, lowering and planning one takes about a second.
extension ProgramBuilder {
  /// The most nodes that a program may have.
  package static let mostNodes = 100_000
  /// Tables and their parts that the rows of one column come from, one after the other or combined.
  package static let mostParts = 256

  /// - Parameter shape: of a new column.
  /// - Throws: `plan/too-large`
  package func checkSize(of shape: Program.Shape = .scalar) throws(ParleyError) {
    guard program.nodes.count <= Self.mostNodes else {
      throw refusal(
        "too-large", "the program has more than \(Self.mostNodes) operations",
        "split the study: fewer statistics, conditions, keys or joins in each")
    }
    guard shape.parts(upTo: Self.mostParts + 1) <= Self.mostParts else {
      throw refusal(
        "too-large", "rows are put together from more than \(Self.mostParts) parts",
        "put fewer parts together (UNION ALL, outer joins), or split the query")
    }
  }
}

extension Program.Shape {
  /// How many lengths it is put together from, or `most` where there are more.
  fileprivate func parts(upTo most: Int) -> Int {
    var count = 0
    func visit(_ shape: Program.Shape) {
      guard count < most else { return }
      switch shape {
      case .fixed, .rows: count += 1
      case .concatenated(let parts): for part in parts { visit(part) }
      case .first(_, let whole): visit(whole)
      case .product(let a, let b):
        visit(a)
        visit(b)
      }
    }
    visit(self)
    return count
  }
}

extension Program {
  /// Whether it sorts or shuffles rows.
  package var hasRowOrders: Bool {
    count { operation in
      switch operation {
      case .sort, .shuffle: true
      default: false
      }
    } > 0
  }
}
