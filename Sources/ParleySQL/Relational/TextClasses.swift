import ParleyProgram

/// Texts of a query in classes: those that are compared for equality with each other, or stand in one column at some
/// point, are in one and are shared in one form.
struct TextClasses {
  enum Member: Hashable {
    /// Columns of other types may be in classes too; they mean nothing there.
    case column(ColumnID)
    /// What the holders of a table have or make. All mentions of the table have it in one form, so that nobody can
    /// share a text and the digest of another one as the same value.
    case held(table: String, HolderText)
    /// What is needed byte by byte.
    case exact
  }
  private var parents: [Member: Member] = [:]
  /// Most bytes of held texts.
  private var lengths: [Member: Int] = [:]

  mutating func join(_ a: Member?, _ b: Member?) {
    guard let a, let b else { return }
    let x = root(a), y = root(b)
    if x != y { parents[x] = y }
  }

  /// - Parameter bytes: the most that the text can have.
  mutating func declare(_ id: ColumnID, as text: HolderText, of table: String, bytes: Int) {
    let held = Member.held(table: table, text)
    join(.column(id), held)
    lengths[held] = bytes
  }

  /// Columns whose class is nowhere needed byte by byte and has a text that a digest is shorter than.
  mutating func digested(among ids: [ColumnID]) -> Set<ColumnID> {
    let long = Set(lengths.filter { $0.value > TextDigest.bytes }.keys.map { root($0) })
    let exact = root(.exact)
    return Set(
      ids.filter { id in
        let root = root(.column(id))
        return root != exact && long.contains(root)
      })
  }

  private mutating func root(_ member: Member) -> Member {
    var path: [Member] = []
    var current = member
    while let parent = parents[current] {
      path.append(current)
      current = parent
    }
    for passed in path { parents[passed] = current }
    return current
  }
}
