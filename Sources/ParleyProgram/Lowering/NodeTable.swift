/// What is known of the nodes of a program, by their number.
struct NodeTable<Value> {
  private var values: [Value?]

  /// - Parameter count: nodes of the program.
  init(count: Int) { values = Array(repeating: nil, count: count) }

  subscript(id: Program.NodeID) -> Value? {
    get { values[id.rawValue] }
    set { values[id.rawValue] = newValue }
  }
}
