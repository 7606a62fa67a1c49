"""What captum needs: what is known of its methods, and a copy of the network that it may hook and rewrite."""
