/// The claims of the folding proof, on shares or on whole values alike: everything here is linear in them.
///
/// A level with factor C claims Σ_j Z_jj = τ for the C² products Z_jk = ⟨u^j, v^k⟩ of blocks; Z_00 is not shared but
/// follows from the claim. With challenges α, β the next claim is ⟨Σ α_j u^j, Σ β_k v^k⟩ = Σ α_j β_k Z_jk. The last
/// message does the same with single elements and uniform u_0 = p and v_0 = q in front (docs/protocols/bit-proof.md;
/// the folding is that of 2019/188, section 4, with random linear combinations in place of Lagrange nodes).
package struct FoldTarget<F: FoldingField> {
  /// Where claims are added up.
  package let field: F
  /// Claims in this field.
  package init(_ field: F) { self.field = field }

  /// The next claim. `products` are Z_jk row by row without Z_00.
  package func folded(
    _ target: UInt64, products: [UInt64], factor: Int, alpha: [UInt64], beta: [UInt64]
  ) -> UInt64 {
    precondition(products.count == factor * factor - 1, "a level shares all products but one")
    var all: [UInt64] = [0]
    all += products
    var first = target
    for j in 1..<factor { first = field.subtract(first, all[j * factor + j]) }
    all[0] = first
    return combined(all, rows: alpha, columns: beta)
  }

  /// What must equal x̂·ŷ: Σ α_j β_k Z_jk over j, k = 0…d with α_0 = β_0 = 1 and Z_11 = τ − Σ_{j≥2} Z_jj.
  ///
  /// - Parameter products: row by row without Z_11.
  package func final(
    _ target: UInt64, products: [UInt64], elements d: Int, alpha: [UInt64], beta: [UInt64]
  ) -> UInt64 {
    let size = d + 1
    precondition(products.count == size * size - 1, "the last message shares all products but one")
    var all = products
    all.insert(0, at: size + 1)
    var first = target
    for j in 1..<d { first = field.subtract(first, all[(j + 1) * size + j + 1]) }
    all[size + 1] = first
    return combined(all, rows: [1] + alpha, columns: [1] + beta)
  }

  private func combined(_ products: [UInt64], rows: [UInt64], columns: [UInt64]) -> UInt64 {
    var total: UInt64 = 0
    for (j, a) in rows.enumerated() {
      var row: UInt64 = 0
      for (k, b) in columns.enumerated() {
        row = field.add(row, field.multiply(b, products[j * columns.count + k]))
      }
      total = field.add(total, field.multiply(a, row))
    }
    return total
  }
}
