/// How often a statement names tables in FROM, subqueries and common tables included: by name in lower case, whatever the
/// name means where it stands.
struct TableMentions {
  let counts: [String: Int]

  init(in statement: QueryStatement) {
    var counts: [String: Int] = [:]
    SyntaxWalk.visit(statement) { part, _ in
      if case .table(let name, _) = part { counts[name.text.lowercased(), default: 0] += 1 }
    }
    self.counts = counts
  }
}
